package io.affinage.llm.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of a family's modules: ggml's, each with Hugging Face's.
 *
 * @param outer modules outside blocks: {@code token_embd} is {@code model.embed_tokens}
 * @param blocks what a block's number follows in Hugging Face's names: {@code model.layers.}
 * @param inBlock modules of a block: {@code attn_q} is {@code self_attn.q_proj}
 */
public record GgufNames(Map<String, String> outer, String blocks, Map<String, String> inBlock) {

  private static final Pattern TENSOR =
      Pattern.compile("(?:blk\\.(0|[1-9][0-9]{0,6})\\.)?([a-z_]+)\\.(weight|bias)");

  public GgufNames {
    outer = Map.copyOf(outer);
    inBlock = Map.copyOf(inBlock);
  }

  /** These with more modules of a block. */
  GgufNames with(Map<String, String> more) {
    return new GgufNames(outer, blocks, GgufFamilies.both(inBlock, more));
  }

  /** Hugging Face's name of a tensor; empty where a model of so many blocks has no place for it. */
  Optional<String> huggingFace(String ggmlName, int layers) {
    Matcher tensor = TENSOR.matcher(ggmlName);
    if (!tensor.matches()) {
      return Optional.empty();
    }
    String module = tensor.group(2);
    String kind = "." + tensor.group(3);
    if (tensor.group(1) == null) {
      return Optional.ofNullable(outer.get(module)).map(name -> name + kind);
    }
    return Optional.ofNullable(inBlock.get(module))
        .filter(path -> Integer.parseInt(tensor.group(1)) < layers)
        .map(path -> blocks + tensor.group(1) + "." + path + kind);
  }

  /** ggml's name of a tensor; empty where GGUF has no place for it. */
  public Optional<String> ggml(String huggingFaceName) {
    int dot = huggingFaceName.lastIndexOf('.');
    String module = huggingFaceName.substring(0, Math.max(0, dot));
    String kind = huggingFaceName.substring(Math.max(0, dot));
    if (!module.startsWith(blocks)) {
      return key(outer, module).map(name -> name + kind);
    }
    int end = module.indexOf('.', blocks.length());
    return end < 0
        ? Optional.empty()
        : key(inBlock, module.substring(end + 1))
            .map(name -> "blk." + module.substring(blocks.length(), end) + "." + name + kind);
  }

  /** The module of a tensor, without its block: {@code attn_q} of {@code blk.0.attn_q.weight}. */
  static String module(String ggmlName) {
    Matcher tensor = TENSOR.matcher(ggmlName);
    return tensor.lookingAt() ? tensor.group(2) : ggmlName;
  }

  private static Optional<String> key(Map<String, String> map, String value) {
    return map.entrySet().stream()
        .filter(entry -> entry.getValue().equals(value))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
