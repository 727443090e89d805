package io.affinage.llm.model;

import io.affinage.llm.error.LlmException;
import java.util.Locale;
import java.util.Optional;

/** In which form a decoder keeps its weights. */
public enum WeightForm {
  /** Arrays of the decoder's precision, as training, saving and merging need them. */
  PLAIN,
  /**
   * Reordered once by oneDNN for products with few rows, related layers stacked: the same numbers,
   * for generation and evaluation on a CPU.
   */
  PACKED,
  /**
   * As {@link #PACKED}, but layers that the file stores as Q4_0 or Q4_1 stay in 4 bits, their
   * scales rounded to bfloat16. Computes in bfloat16.
   */
  FOUR_BIT,
  /**
   * Linear layers of blocks in NF4 (QLoRA), their scales in float32; a block is dequantized to the
   * decoder's precision when it is computed with. Layers that a file has in NF4 stay as they are.
   */
  NF4,
  /** As {@link #NF4}, with the scales quantized too (double quantization). */
  NF4_DOUBLE,
  /**
   * Linear layers of blocks in the Q4_0, Q4_1, Q8_0, Q4_K or Q6_K that a GGUF file has them in; a
   * block is dequantized to the decoder's precision when it is computed with. Layers that the file
   * has otherwise are plain.
   */
  GGUF;

  /**
   * Reads the name that users write.
   *
   * @throws LlmException {@code invalid_weight_form}
   */
  public static WeightForm named(String name) {
    for (WeightForm form : values()) {
      if (form.userName().equals(name)) {
        return form;
      }
    }
    throw new LlmException(
        "invalid_weight_form",
        "weight form '"
            + name
            + "' does not exist; there are plain, packed, four-bit, nf4, nf4-double, gguf");
  }

  /**
   * The kernel fragment whose methods {@code product}, {@code product_into}, {@code product_vjp}
   * and {@code product_width} take the places of those in {@code linear.pyt}; empty for forms that
   * those know by the array.
   */
  Optional<String> fragment() {
    return Optional.empty();
  }

  /** Whether gradients can flow through a layer to what it reads. */
  public boolean differentiable() {
    return !packed();
  }

  /** Whether kernels have weights as arrays of numbers [out, in], which can be read and saved. */
  public boolean readable() {
    return !packed();
  }

  /** Whether weights lie reordered for generation, those of the head too. */
  public boolean packed() {
    return this == PACKED || this == FOUR_BIT;
  }

  /** Whether the linear layers of blocks are quantized to NF4. */
  public boolean nf4() {
    return this == NF4 || this == NF4_DOUBLE;
  }

  /** Whether linear layers of blocks are dequantized when a block is computed with. */
  public boolean dequantized() {
    return nf4() || this == GGUF;
  }

  /** The name that users write, for example {@code four-bit}. */
  public String userName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
