/** Training: gradients of one row of examples, optimizers, schedules, checkpoints and the loop. */
package io.affinage.llm.training;
