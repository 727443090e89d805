package io.affinage.llm.adapter;

import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.model.Decoder;

/** A method by which a frozen decoder is adapted; see {@link AdapterTypes}. */
public interface AdapterType {

  /** As recipes name it: {@code lora}, {@code ia3}. */
  String name();

  /** {@code peft_type} of its files. */
  String peftType();

  /** Whether PEFT has the method, so that it opens the files. */
  default boolean isInPeft() {
    return true;
  }

  /** Whether a configuration of its {@code peft_type} is this method's. */
  default boolean reads(PeftFields fields) {
    return true;
  }

  /**
   * Reads an adapter that fits the decoder. Every field that changes what the adapter computes is
   * read or refused.
   *
   * @throws io.affinage.llm.error.LlmException {@code adapter_config_invalid}, {@code
   *     adapter_config_unsupported}, {@code adapter_invalid}, {@code adapter_not_finite}
   */
  Adapter load(Decoder decoder, PeftSource source);
}
