/** Measuring a model without training it: token losses, perplexity, likelihood of continuations. */
package io.affinage.llm.evaluation;
