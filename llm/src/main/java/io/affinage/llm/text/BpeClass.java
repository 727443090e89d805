package io.affinage.llm.text;

import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a {@code tokenizer_class} of transformers takes for granted where there is no {@code
 * tokenizer.json}.
 */
enum BpeClass {
  GPT_2(
      "GPT2Tokenizer",
      Set.of("gpt2"),
      PreTokenizer.GPT_2,
      false,
      Map.of(
          "bos_token",
          "<|endoftext|>",
          "eos_token",
          "<|endoftext|>",
          "unk_token",
          "<|endoftext|>")),
  GPT_NEOX(
      "GPTNeoXTokenizer",
      Set.of("gpt_neox"),
      PreTokenizer.GPT_2,
      true,
      Map.of(
          "bos_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>",
          "unk_token", "<|endoftext|>",
          "pad_token", "<|padding|>")),
  QWEN2(
      "Qwen2Tokenizer",
      Set.of("qwen2", "qwen3"),
      PreTokenizer.QWEN2,
      true,
      Map.of(
          "eos_token",
          "<|endoftext|>",
          "pad_token",
          "<|endoftext|>",
          "unk_token",
          "<|endoftext|>"));

  private final String className;
  private final Set<String> modelTypes;

  /** How words are cut. */
  final PreTokenizer words;

  /** Text is brought to Unicode normal form C first. */
  final boolean normalizesToNfc;

  /** Tokens of the roles that files do not give, where the vocabulary has them. */
  final Map<String, String> usualRoles;

  BpeClass(
      String className,
      Set<String> modelTypes,
      PreTokenizer words,
      boolean normalizesToNfc,
      Map<String, String> usualRoles) {
    this.className = className;
    this.modelTypes = modelTypes;
    this.words = words;
    this.normalizesToNfc = normalizesToNfc;
    this.usualRoles = usualRoles;
  }

  /**
   * The class by its name, with or without "Fast"; by {@code model_type} where it has none.
   *
   * @throws LlmException {@code unsupported_tokenizer}
   */
  static BpeClass named(String className, String modelType) {
    String plain = className.endsWith("Fast") ? className.replaceFirst("Fast$", "") : className;
    return Arrays.stream(values())
        .filter(
            each ->
                plain.isEmpty()
                    ? each.modelTypes.contains(modelType)
                    : each.className.equals(plain))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "unsupported_tokenizer",
                    "vocab.json and merges.txt without tokenizer.json are read for tokenizer_class %s; this one is '%s' (model_type '%s'): load it with transformers and save it, which writes tokenizer.json"
                        .formatted(
                            Arrays.stream(values())
                                .map(each -> each.className)
                                .collect(Collectors.joining(", ")),
                            className,
                            modelType)));
  }
}
