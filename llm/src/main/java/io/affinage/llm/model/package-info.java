/** Decoder-only language models by configuration: weights, block, head and key-value cache. */
package io.affinage.llm.model;
