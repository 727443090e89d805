package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The weights of one decoder block, in the order that kernels take: input norm [hidden], q, k, v, o
 * [out, in], post-attention norm [hidden], gate, up, down [out, in].
 */
public record BlockWeights(List<NDArray> arrays) {
  /** Hugging Face's names within a block, in kernel order. */
  public static final List<String> NAMES =
      List.of(
          "input_layernorm.weight",
          "self_attn.q_proj.weight",
          "self_attn.k_proj.weight",
          "self_attn.v_proj.weight",
          "self_attn.o_proj.weight",
          "post_attention_layernorm.weight",
          "mlp.gate_proj.weight",
          "mlp.up_proj.weight",
          "mlp.down_proj.weight");

  public BlockWeights {
    arrays = List.copyOf(arrays);
    if (arrays.size() != NAMES.size()) {
      throw new IllegalArgumentException("a block has " + NAMES.size() + " weights");
    }
  }

  /** Hugging Face's name of weight {@code index} in block {@code layer}. */
  public static String name(int layer, int index) {
    return "model.layers." + layer + "." + NAMES.get(index);
  }
}
