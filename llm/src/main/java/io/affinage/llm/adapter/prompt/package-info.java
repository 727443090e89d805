/** Prompt tuning: learned embeddings of virtual tokens that stand before every text. */
package io.affinage.llm.adapter.prompt;
