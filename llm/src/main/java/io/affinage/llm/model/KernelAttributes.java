package io.affinage.llm.model;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.Normalization.Kind;
import io.affinage.llm.tensor.Precision;
import java.util.LinkedHashMap;
import java.util.Map;

/** What kernels read as {@code self.NAME}: a decoder's configuration in numbers. */
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
    return attributes;
  }
}
