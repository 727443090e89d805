package io.affinage.llm.text;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The {@code tokenizer.*} metadata of a GGUF file.
 *
 * @param model {@code tokenizer.ggml.model}, such as {@code gpt2}
 * @param pre {@code tokenizer.ggml.pre}: which pre-tokenizer, such as {@code smollm}
 * @param tokens {@code tokenizer.ggml.tokens}, by id
 * @param tokenTypes {@code tokenizer.ggml.token_type}, by id: 1 normal, 2 unknown, 3 control, 4
 *     user-defined, 5 unused, 6 byte; empty when the file has none
 * @param merges {@code tokenizer.ggml.merges}, best first, {@code "left right"}
 * @param bos {@code tokenizer.ggml.bos_token_id}
 * @param eos {@code tokenizer.ggml.eos_token_id}
 * @param moreStops {@code eot_token_id}, {@code eom_token_id} and the like: they too end a
 *     generation
 * @param unk {@code tokenizer.ggml.unknown_token_id}
 * @param pad {@code tokenizer.ggml.padding_token_id}
 * @param addBos {@code tokenizer.ggml.add_bos_token}, where the file says
 * @param addEos {@code tokenizer.ggml.add_eos_token}, where the file says
 * @param chatTemplate {@code tokenizer.chat_template}
 */
public record GgufVocabulary(
    String model,
    Optional<String> pre,
    List<String> tokens,
    List<Integer> tokenTypes,
    List<String> merges,
    OptionalInt bos,
    OptionalInt eos,
    Set<Integer> moreStops,
    OptionalInt unk,
    OptionalInt pad,
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Optional<String> chatTemplate) {

  public GgufVocabulary {
    Objects.requireNonNull(model, "model");
    if (!tokenTypes.isEmpty() && tokenTypes.size() != tokens.size()) {
      throw new IllegalArgumentException(
          tokenTypes.size() + " token types for " + tokens.size() + " tokens");
    }
  }
}
