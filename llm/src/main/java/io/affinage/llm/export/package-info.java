/**
 * Models on their way out: Hugging Face folders, GGUF files, PEFT adapters and GGUF adapters. Every
 * export is written beside its destination, read back, compared with the live model, and only then
 * moved into place.
 */
package io.affinage.llm.export;
