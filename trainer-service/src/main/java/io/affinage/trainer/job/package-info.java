/** Training jobs as the topics tell them: a view that every instance builds alike. */
package io.affinage.trainer.job;
