/**
 * Answers that the model samples while it is trained, their rewards, and batches made of both: the
 * loop of GRPO, RLOO and their kin.
 */
package io.affinage.llm.rollout;
