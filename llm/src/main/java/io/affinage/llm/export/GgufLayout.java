package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufFamily;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;

/** Where a decoder's weights go in a GGUF file: llama.cpp's names and row orders. */
final class GgufLayout {
  private final DecoderConfig config;
  private final GgufFamily family;

  /**
   * @throws LlmException {@code export_unsupported} for a model that has no such form here
   */
  GgufLayout(DecoderConfig config) {
    this.config = config;
    this.family =
        GgufFamily.ofModelType(config.architecture().modelType())
            .orElseThrow(
                () ->
                    unsupported(
                        "%s cannot be written as GGUF; its architectures here are %s"
                            .formatted(config.architecture().className(), GgufFamily.supported())));
  }

  static LlmException unsupported(String problem) {
    return new LlmException(
        "export_unsupported", problem + "; export a Hugging Face folder (hf) instead");
  }

  GgufFamily family() {
    return family;
  }

  /**
   * ggml's name of a weight.
   *
   * @throws LlmException {@code export_unsupported} for a weight without a place
   */
  String name(String weight) {
    return family
        .names()
        .ggml(weight)
        .filter(family::allows)
        .orElseThrow(
            () ->
                unsupported(
                    "weight %s has no place in a GGUF file of architecture %s"
                        .formatted(weight, family.architecture())));
  }

  /** The order of the rows [out]. */
  RowOrder.Rows rowOrder(String ggmlName) {
    return family.form(ggmlName).rowOrder(config.shape().headDim(), config.shape().heads());
  }

  /** Whether a matrix keeps its numbers in every mix: learned positions, as llama.cpp has it. */
  boolean isKept(String ggmlName) {
    return ggmlName.equals("position_embd.weight");
  }

  /** Whether a tensor is the output head, or the embedding that serves as one. */
  boolean isHead(String ggmlName) {
    return ggmlName.equals(config.shape().tiedHead() ? "token_embd.weight" : "output.weight");
  }
}
