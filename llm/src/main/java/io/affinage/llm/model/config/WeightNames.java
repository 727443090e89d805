package io.affinage.llm.model.config;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
 * @param enclosing the model that files and adapters are of, where the decoder is its text model
 */
public record WeightNames(
    String base,
    String embedding,
    Optional<String> positions,
    String blocks,
    Map<NormSlot, String> norms,
    String finalNorm,
    String head,
    Optional<EnclosingModel> enclosing) {

  public WeightNames {
    norms = Map.copyOf(norms);
  }

  /** What the names of a block's weights begin with: {@code model.layers.3.}. */
  public String block(int layer) {
    return blocks + layer + ".";
  }

  /** The module of this path in a block: {@code model.layers.3.self_attn.q_proj}. */
  public String inBlock(int block, String path) {
    return block(block) + path;
  }

  /** As above, as the model that PEFT adapts has it: the enclosing one, where there is one. */
  public String adaptedInBlock(int block, String path) {
    String name = inBlock(block, path);
    return enclosing.map(whole -> whole.moduleName(name)).orElse(name);
  }

  /** Whether PEFT's {@code target_modules} entry means this module: its name or an end of it. */
  boolean isNamed(int block, String path, String target) {
    return Stream.of(inBlock(block, path), adaptedInBlock(block, path))
        .anyMatch(name -> name.equals(target) || name.endsWith("." + target));
  }
}
