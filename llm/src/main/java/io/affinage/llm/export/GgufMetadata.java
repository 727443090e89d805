package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufWriter;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.RopeScaling;
import io.affinage.llm.model.config.RotaryEmbedding;

/** The configuration of a decoder in GGUF's terms. */
final class GgufMetadata {
  private static final int QUANTIZATION_VERSION = 2;

  private final GgufWriter writer;
  private final DecoderConfig config;
  private final String architecture;

  GgufMetadata(GgufWriter writer, DecoderConfig config, String architecture) {
    this.writer = writer;
    this.config = config;
    this.architecture = architecture;
  }

  /**
   * @throws LlmException {@code export_unsupported} for a RoPE scaling that GGUF does not have
   */
  void write(String name, GgufMix mix) {
    DecoderShape shape = config.shape();
    writer.text("general.architecture", architecture);
    writer.text("general.type", "model");
    writer.text("general.name", name);
    writer.unsigned("general.file_type", mix.fileType());
    writer.unsigned("general.quantization_version", QUANTIZATION_VERSION);
    unsigned("vocab_size", shape.vocabularySize());
    unsigned("context_length", context());
    unsigned("embedding_length", shape.hiddenSize());
    unsigned("block_count", shape.layers());
    unsigned("feed_forward_length", shape.intermediateSize());
    unsigned("attention.head_count", shape.heads());
    unsigned("attention.head_count_kv", shape.kvHeads());
    unsigned("attention.key_length", shape.headDim());
    unsigned("attention.value_length", shape.headDim());
    writer.float32(
        architecture + ".attention.layer_norm_rms_epsilon", config.normalization().epsilon());
    RotaryEmbedding rotary = config.rotary().get(0);
    unsigned("rope.dimension_count", rotary.dimensions());
    writer.float32(architecture + ".rope.freq_base", rotary.base());
    scaling(rotary);
  }

  /** llama.cpp has no windows here; within the window there is no difference. */
  private int context() {
    boolean windowed = config.layers().stream().anyMatch(layer -> layer.windowed());
    return windowed
        ? Math.min(config.attention().window(), config.shape().maxPositions())
        : config.shape().maxPositions();
  }

  private void scaling(RotaryEmbedding rotary) {
    if (rotary.scaling() instanceof RopeScaling.None) {
      return;
    }
    if (rotary.scaling() instanceof RopeScaling.Linear linear) {
      writer.text(architecture + ".rope.scaling.type", "linear");
      writer.float32(architecture + ".rope.scaling.factor", linear.factor());
      return;
    }
    if (rotary.scaling() instanceof RopeScaling.Yarn yarn && isUsual(yarn)) {
      writer.text(architecture + ".rope.scaling.type", "yarn");
      writer.float32(architecture + ".rope.scaling.factor", yarn.factor());
      unsigned("rope.scaling.original_context_length", yarn.original());
      return;
    }
    if (rotary.scaling() instanceof RopeScaling.Llama3 llama3
        && architecture.equals("llama")
        && llama3.lowFrequencyFactor() == 1
        && llama3.highFrequencyFactor() == 4
        && llama3.original() == 8192) {
      float[] plain = RopeScaling.NONE.frequencies(rotary.dimensions(), rotary.base(), 1);
      float[] scaled = llama3.frequencies(rotary.dimensions(), rotary.base(), 1);
      long[] dimensions = {plain.length};
      writer.tensor(
          "rope_freqs.weight",
          StorageType.F32,
          dimensions,
          new TensorEncoder(
              "rope_freqs.weight",
              StorageType.F32,
              dimensions,
              RowOrder.AS_IS,
              (first, rows, destination) -> {
                for (int i = 0; i < rows; i++) {
                  destination[i] = plain[(int) first + i] / scaled[(int) first + i];
                }
              }));
      return;
    }
    throw GgufLayout.unsupported(
        "RoPE scaling %s cannot be written as GGUF".formatted(rotary.scaling()));
  }

  /** llama.cpp computes the attention factor itself and knows these two betas. */
  private static boolean isUsual(RopeScaling.Yarn yarn) {
    double expected = 0.1 * Math.log(yarn.factor()) + 1;
    return yarn.betaFast() == 32
        && yarn.betaSlow() == 1
        && yarn.truncate()
        && Math.abs(yarn.attentionFactor() - expected) < 1e-6;
  }

  private void unsigned(String key, long value) {
    writer.unsigned(architecture + "." + key, value);
  }
}
