package io.affinage.llm.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokenizer inside a GGUF file ({@code tokenizer.ggml.*} and {@code tokenizer.chat_template}).
 * Ids are validated to be inside the vocabulary, and parallel lists to be of one length.
 *
 * @param model kind of tokenizer: {@code gpt2} (byte-level BPE), {@code llama} (SentencePiece),
 *     {@code bert}, ...
 * @param pre name of the pre-tokenizer, such as {@code smollm} or {@code llama-bpe}
 * @param tokens texts by id; byte-level BPE has them in its printable alphabet
 * @param tokenTypes kind by id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte;
 *     empty where the file has none
 * @param merges BPE merges in order of rank, "left right"; empty where the file has none
 * @param scores SentencePiece scores by id; empty where the file has none
 * @param bosTokenId beginning of sequence
 * @param eosTokenId end of sequence
 * @param eotTokenId end of turn
 * @param unknownTokenId unknown
 * @param paddingTokenId padding
 * @param addBosToken whether encoding puts the BOS in front, where the file says
 * @param addEosToken whether encoding appends the EOS, where the file says
 * @param addSpacePrefix whether encoding puts a space in front, where the file says
 * @param chatTemplate the Jinja chat template
 * @param namedChatTemplates further templates by name (tool use and such)
 */
public record GgufTokenizer(
    String model,
    Optional<String> pre,
    List<String> tokens,
    List<Integer> tokenTypes,
    List<String> merges,
    List<Float> scores,
    OptionalInt bosTokenId,
    OptionalInt eosTokenId,
    OptionalInt eotTokenId,
    OptionalInt unknownTokenId,
    OptionalInt paddingTokenId,
    Optional<Boolean> addBosToken,
    Optional<Boolean> addEosToken,
    Optional<Boolean> addSpacePrefix,
    Optional<String> chatTemplate,
    Map<String, String> namedChatTemplates) {

  public GgufTokenizer {
    tokens = List.copyOf(tokens);
    tokenTypes = List.copyOf(tokenTypes);
    merges = List.copyOf(merges);
    scores = List.copyOf(scores);
    namedChatTemplates = Map.copyOf(namedChatTemplates);
  }
}
