package io.affinage.llm.adapter;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;

/** PEFT's keys of an adapter's arrays, without the adapter's name. */
public final class PeftNames {
  static final String PREFIX = "base_model.model.";

  private PeftNames() {}

  /**
   * The key of an array beside a linear layer: {@code
   * base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight}.
   *
   * @param suffix what the method calls the array, such as {@code lora_A.weight}
   */
  public static String key(DecoderConfig base, int layer, LinearLayer linear, String suffix) {
    return key(base, layer, linear.path() + "." + suffix);
  }

  /** The key of an array of a block, by its path in there. */
  public static String key(DecoderConfig base, int layer, String path) {
    return PREFIX + base.names().adaptedInBlock(layer, path);
  }
}
