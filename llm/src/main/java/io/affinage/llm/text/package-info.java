/** Text to token ids and back: tokenizer, chat template, and training of byte-level BPE. */
package io.affinage.llm.text;
