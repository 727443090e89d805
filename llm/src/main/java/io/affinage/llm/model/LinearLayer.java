package io.affinage.llm.model;

import java.util.Optional;

/** The seven linear layers of a decoder block, in the order in which kernels take them. */
public enum LinearLayer {
  Q("self_attn.q_proj", 1),
  K("self_attn.k_proj", 2),
  V("self_attn.v_proj", 3),
  O("self_attn.o_proj", 4),
  GATE("mlp.gate_proj", 6),
  UP("mlp.up_proj", 7),
  DOWN("mlp.down_proj", 8);

  private final String path;
  private final int weightIndex;

  LinearLayer(String path, int weightIndex) {
    this.path = path;
    this.weightIndex = weightIndex;
  }

  /** The path within a block as Hugging Face names it, for example {@code self_attn.q_proj}. */
  public String path() {
    return path;
  }

  /** The last part of the path, as PEFT's {@code target_modules} names it: {@code q_proj}. */
  public String moduleName() {
    return path.substring(path.indexOf('.') + 1);
  }

  /** The weight's place in {@link BlockWeights#arrays()}. */
  public int weightIndex() {
    return weightIndex;
  }

  /** Columns of the weight [out, in]. */
  public int in(DecoderShape shape) {
    return switch (this) {
      case Q, K, V, GATE, UP -> shape.hiddenSize();
      case O -> shape.heads() * shape.headDim();
      case DOWN -> shape.intermediateSize();
    };
  }

  /** Rows of the weight [out, in]. */
  public int out(DecoderShape shape) {
    return switch (this) {
      case Q -> shape.heads() * shape.headDim();
      case K, V -> shape.kvHeads() * shape.headDim();
      case O, DOWN -> shape.hiddenSize();
      case GATE, UP -> shape.intermediateSize();
    };
  }

  /** The layer of this module name, if there is one. */
  public static Optional<LinearLayer> byModuleName(String name) {
    for (LinearLayer layer : values()) {
      if (layer.moduleName().equals(name)) {
        return Optional.of(layer);
      }
    }
    return Optional.empty();
  }
}
