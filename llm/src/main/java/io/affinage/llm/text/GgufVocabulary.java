package io.affinage.llm.text;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The {@code tokenizer.*} metadata of a GGUF file; a SentencePiece model has the same parts.
 *
 * @param model {@code tokenizer.ggml.model}: {@code gpt2} (byte-level BPE) or {@code llama}
 *     (SentencePiece)
 * @param pre {@code tokenizer.ggml.pre}: which pre-tokenizer, such as {@code smollm}
 * @param tokens {@code tokenizer.ggml.tokens}, by id
 * @param tokenTypes {@code tokenizer.ggml.token_type}, by id: 1 normal, 2 unknown, 3 control, 4
 *     user-defined, 5 unused, 6 byte; empty when the file has none
 * @param merges {@code tokenizer.ggml.merges}, best first, {@code "left right"}
 * @param scores {@code tokenizer.ggml.scores}, by id; empty when the file has none
 * @param bos {@code tokenizer.ggml.bos_token_id}
 * @param eos {@code tokenizer.ggml.eos_token_id}
 * @param moreStops {@code eot_token_id}, {@code eom_token_id} and the like: they too end a
 *     generation
 * @param unk {@code tokenizer.ggml.unknown_token_id}
 * @param pad {@code tokenizer.ggml.padding_token_id}
 * @param addBos {@code tokenizer.ggml.add_bos_token}, where the file says
 * @param addEos {@code tokenizer.ggml.add_eos_token}, where the file says
 * @param addSpacePrefix {@code tokenizer.ggml.add_space_prefix}, where the file says
 * @param chatTemplate {@code tokenizer.chat_template}
 */
public record GgufVocabulary(
    String model,
    Optional<String> pre,
    List<String> tokens,
    List<Integer> tokenTypes,
    List<String> merges,
    List<Float> scores,
    OptionalInt bos,
    OptionalInt eos,
    Set<Integer> moreStops,
    OptionalInt unk,
    OptionalInt pad,
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Optional<Boolean> addSpacePrefix,
    Optional<String> chatTemplate) {

  static final String BYTE_LEVEL = "gpt2";
  static final String SENTENCE_PIECE = "llama";

  public GgufVocabulary {
    Objects.requireNonNull(model, "model");
    if (!tokenTypes.isEmpty() && tokenTypes.size() != tokens.size()) {
      throw new IllegalArgumentException(
          tokenTypes.size() + " token types for " + tokens.size() + " tokens");
    }
  }

  /** This, but for what stands around texts. */
  GgufVocabulary adding(Optional<Boolean> begin, Optional<Boolean> end) {
    return new GgufVocabulary(
        model,
        pre,
        tokens,
        tokenTypes,
        merges,
        scores,
        bos,
        eos,
        moreStops,
        unk,
        pad,
        begin,
        end,
        addSpacePrefix,
        chatTemplate);
  }
}
