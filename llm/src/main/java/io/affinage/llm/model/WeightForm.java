package io.affinage.llm.model;

import io.affinage.llm.error.LlmException;
import java.util.Locale;

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
  FOUR_BIT;

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
        "weight form '" + name + "' does not exist; there are plain, packed, four-bit");
  }

  /** The name that users write, for example {@code four-bit}. */
  public String userName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
