package io.affinage.cli.command;

import java.util.Locale;

/** What {@code affinage export} writes; options in lower case. */
enum ExportFormat {
  /** The files as they are in the store. */
  STORED,
  /** The adapter as Hugging Face PEFT keeps it, with the tokenizer and a model card. */
  PEFT,
  /** A whole model as a Hugging Face folder. */
  HF,
  /** A whole model in one GGUF file. */
  GGUF,
  /** The adapter alone for llama.cpp. */
  GGUF_ADAPTER;

  /** As users write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
