package io.affinage.llm.model.config;

import java.util.Map;
import java.util.Optional;

/**
 * Hugging Face's names of a decoder's weights.
 *
 * @param base prefix of everything but the head, such as {@code model.}; files of some models leave
 *     it out
 * @param embedding module of the token embedding, with the prefix
 * @param positions module of learned positions, where the model has them
 * @param blocks what a block's number follows, such as {@code model.layers.}
 * @param norms module of each norm that a block has, within the block
 * @param finalNorm module of the norm before the head
 * @param head module of an untied head
 */
public record WeightNames(
    String base,
    String embedding,
    Optional<String> positions,
    String blocks,
    Map<NormSlot, String> norms,
    String finalNorm,
    String head) {

  public WeightNames {
    norms = Map.copyOf(norms);
  }

  /** The module of this path in a block: {@code model.layers.3.self_attn.q_proj}. */
  public String inBlock(int block, String path) {
    return blocks + block + "." + path;
  }

  /** Whether PEFT's {@code target_modules} entry means this module: its name or an end of it. */
  boolean isNamed(int block, String path, String target) {
    String name = inBlock(block, path);
    return name.equals(target) || name.endsWith("." + target);
  }
}
