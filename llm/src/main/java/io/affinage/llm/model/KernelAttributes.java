package io.affinage.llm.model;

import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearSlot;
import io.affinage.llm.model.config.NormSlot;
import io.affinage.llm.model.config.Normalization.Kind;
import io.affinage.llm.tensor.Precision;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What kernels read as {@code self.NAME}: a decoder's configuration in numbers, and where the
 * arrays of a block are in the list that kernels take.
 */
final class KernelAttributes {
  /** Targets whose logits exist at the same time in a loss. */
  private static final int HEAD_CHUNK = 256;

  private KernelAttributes() {}

  static Map<String, Object> of(DecoderConfig config, Precision precision, WeightForm form) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("precision", precision.torchCode());
    attributes.put("chunk", HEAD_CHUNK);
    attributes.put("heads", config.shape().heads());
    attributes.put("kv_heads", config.shape().kvHeads());
    attributes.put("head_dim", config.shape().headDim());
    attributes.put("scale", config.attention().scale());
    attributes.put("score_cap", config.attention().scoreCap());
    attributes.put("packing", config.attention().packing().ordinal());
    attributes.put("query_key_norm", config.attention().queryKeyNorm());
    attributes.put("layer_norm", config.normalization().kind() == Kind.LAYER);
    attributes.put("one_plus", config.normalization().kind() == Kind.RMS_ONE_PLUS);
    attributes.put("eps", config.normalization().epsilon());
    attributes.put("activation", config.feedForward().activation().ordinal());
    attributes.put("gating", config.feedForward().gating().ordinal());
    attributes.put("parallel", config.parallelResidual());
    attributes.put("output_norms", config.outputNorms());
    attributes.put("embedding_scale", config.embeddingScale());
    attributes.put("logit_cap", config.logitCap());
    attributes.put("rotary", config.layers().stream().map(layer -> layer.rotary()).toList());
    attributes.put(
        "windowed", config.layers().stream().map(layer -> layer.windowed() ? 1 : 0).toList());
    attributes.put("stacked", BlockForm.stacks(config, form));
    attributes.put("window", config.attention().window());
    putPlaces(attributes);
    return attributes;
  }

  /** {@link BlockArrays}, as kernels read it. */
  private static void putPlaces(Map<String, Object> attributes) {
    for (LinearSlot slot : LinearSlot.values()) {
      attributes.put("slot_" + lowerCase(slot), slot.ordinal());
    }
    for (NormSlot norm : NormSlot.values()) {
      attributes.put("norm_" + lowerCase(norm), norm.ordinal());
    }
    attributes.put("linear_layers", LinearSlot.values().length);
    attributes.put("first_norm", BlockArrays.FIRST_NORM);
    attributes.put("first_scales", BlockArrays.FIRST_SCALES);
  }

  private static String lowerCase(Enum<?> slot) {
    return slot.name().toLowerCase(Locale.ROOT);
  }
}
