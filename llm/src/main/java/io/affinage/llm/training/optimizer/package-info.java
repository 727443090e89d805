/** First-order methods: what each keeps beside the weights, and how it moves them. */
package io.affinage.llm.training.optimizer;
