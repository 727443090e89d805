package io.affinage.llm.model.config;

/**
 * A linear layer of every block.
 *
 * @param slot its place in kernels
 * @param path within a block as Hugging Face names it, for example {@code self_attn.q_proj}
 * @param in columns of the weight [out, in]
 * @param out rows of the weight
 * @param bias whether it has a bias [out]
 * @param transposed whether Hugging Face's file stores the weight as [in, out] (GPT-2's Conv1D)
 */
public record LinearLayer(
    LinearSlot slot, String path, int in, int out, boolean bias, boolean transposed) {

  /** The last part of the path, as PEFT's {@code target_modules} names it: {@code q_proj}. */
  public String moduleName() {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
