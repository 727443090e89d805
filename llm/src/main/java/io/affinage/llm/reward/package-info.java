/** Reward models: a language model's body with a head that gives a text one score. */
package io.affinage.llm.reward;
