package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufFamily;
import io.affinage.llm.checkpoint.GgufKey;
import io.affinage.llm.checkpoint.GgufLongRope;
import io.affinage.llm.checkpoint.GgufWriter;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.LayerForm;
import io.affinage.llm.model.config.RopeScaling;
import io.affinage.llm.model.config.RotaryEmbedding;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The configuration of a decoder in GGUF's terms. */
final class GgufMetadata {
  private static final int QUANTIZATION_VERSION = 2;

  private final GgufWriter writer;
  private final DecoderConfig config;
  private final GgufFamily family;
  private final String architecture;

  GgufMetadata(GgufWriter writer, DecoderConfig config, GgufFamily family) {
    this.writer = writer;
    this.config = config;
    this.family = family;
    this.architecture = family.architecture();
  }

  /**
   * @throws LlmException {@code export_unsupported} for what the family's files cannot say
   */
  void write(String name, GgufMix mix) {
    writer.text("general.architecture", architecture);
    writer.text("general.type", "model");
    writer.text("general.name", name);
    writer.unsigned("general.file_type", mix.fileType());
    writer.unsigned("general.quantization_version", QUANTIZATION_VERSION);
    for (GgufKey key : GgufKey.values()) {
      value(key).ifPresent(value -> put(key, value));
    }
    rotary().ifPresent(this::scaling);
  }

  private void put(GgufKey key, Object value) {
    String name = key.of(architecture);
    if (!family.has(key)) {
      throw GgufLayout.unsupported(
          "%s needs %s, which llama.cpp does not know"
              .formatted(config.architecture().className(), name));
    }
    switch (key.kind()) {
      case COUNT -> writer.unsigned(name, (int) value);
      case REAL -> writer.float32(name, (double) value);
      case FLAG -> writer.bool(name, (boolean) value);
    }
  }

  /** Empty where the decoder has nothing to say. */
  private Optional<Object> value(GgufKey key) {
    DecoderShape shape = config.shape();
    return switch (key) {
      case VOCABULARY -> Optional.of(shape.vocabularySize());
      case CONTEXT -> Optional.of(context());
      case WIDTH -> Optional.of(shape.hiddenSize());
      case BLOCKS -> Optional.of(shape.layers());
      case FEED_FORWARD -> Optional.of(shape.intermediateSize());
      case HEADS -> Optional.of(shape.heads());
      case KV_HEADS -> Optional.of(shape.kvHeads());
      case KEY_LENGTH, VALUE_LENGTH -> Optional.of(shape.headDim());
      case RMS_EPSILON -> when(!config.normalization().hasBias(), config.normalization().epsilon());
      case EPSILON -> when(config.normalization().hasBias(), config.normalization().epsilon());
      case ROTATED -> rotary().map(RotaryEmbedding::dimensions);
      case ROPE_BASE -> rotary().map(RotaryEmbedding::base);
      case WINDOW_ROPE_BASE ->
          config.rotary().stream().skip(1).findFirst().map(RotaryEmbedding::base);
      case WINDOW -> when(isWindowed(), config.attention().window());
      case WINDOW_PATTERN -> Optional.empty(); // llama.cpp has one for each family
      case SCORE_CAP -> when(config.attention().scoreCap() > 0, config.attention().scoreCap());
      case LOGIT_CAP -> when(config.logitCap() > 0, config.logitCap());
      case PARALLEL_RESIDUAL -> when(family.has(key), config.parallelResidual());
    };
  }

  private static Optional<Object> when(boolean condition, Object value) {
    return condition ? Optional.of(value) : Optional.empty();
  }

  private Optional<RotaryEmbedding> rotary() {
    return config.rotary().stream().findFirst();
  }

  private boolean isWindowed() {
    return config.layers().stream().anyMatch(LayerForm::windowed);
  }

  /** Where llama.cpp does not compute windows, within one there is no difference. */
  private int context() {
    int positions = config.shape().maxPositions();
    return isWindowed() && !family.windows()
        ? Math.min(config.attention().window(), positions)
        : positions;
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
      writer.unsigned(architecture + ".rope.scaling.original_context_length", yarn.original());
      return;
    }
    if (rotary.scaling() instanceof RopeScaling.Llama3 llama3
        && architecture.equals("llama")
        && llama3.lowFrequencyFactor() == 1
        && llama3.highFrequencyFactor() == 4
        && llama3.original() == 8192) {
      float[] plain = RopeScaling.NONE.frequencies(rotary.dimensions(), rotary.base(), 1);
      float[] scaled = llama3.frequencies(rotary.dimensions(), rotary.base(), 1);
      factors(
          "rope_freqs.weight",
          IntStream.range(0, plain.length).mapToObj(i -> (double) (plain[i] / scaled[i])).toList());
      return;
    }
    if (rotary.scaling() instanceof RopeScaling.LongRope longRope
        && architecture.equals(GgufLongRope.ARCHITECTURE)) {
      writer.float32(
          architecture + "." + GgufLongRope.ATTENTION_FACTOR, longRope.attentionFactor());
      writer.unsigned(architecture + "." + GgufLongRope.ORIGINAL_CONTEXT, longRope.original());
      factors(GgufLongRope.SHORT_FACTORS, longRope.shortFactors());
      factors(GgufLongRope.LONG_FACTORS, longRope.longFactors());
      return;
    }
    throw GgufLayout.unsupported(
        "RoPE scaling %s cannot be written as GGUF".formatted(rotary.scaling()));
  }

  /** What each frequency is divided by. */
  private void factors(String name, List<Double> factors) {
    long[] dimensions = {factors.size()};
    writer.tensor(
        name,
        StorageType.F32,
        dimensions,
        new TensorEncoder(
            name,
            StorageType.F32,
            dimensions,
            RowOrder.AS_IS,
            (first, rows, destination) -> {
              for (int i = 0; i < rows; i++) {
                destination[i] = factors.get((int) first + i).floatValue();
              }
            }));
  }

  /** llama.cpp computes the attention factor itself and knows these two betas. */
  private static boolean isUsual(RopeScaling.Yarn yarn) {
    double expected = 0.1 * Math.log(yarn.factor()) + 1;
    return yarn.betaFast() == 32
        && yarn.betaSlow() == 1
        && yarn.truncate()
        && Math.abs(yarn.attentionFactor() - expected) < 1e-6;
  }
}
