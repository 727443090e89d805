/**
 * Text generation with a key-value cache: batched prompts of different length, sampling, streaming.
 */
package io.affinage.llm.generation;
