package io.affinage.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.TokenizerDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Where tokenizer and embedding meet. A tokenizer whose vocabulary has more tokens than the
 * embedding has rows is another model's. Tokens that were only added may lie beyond it, as Gemma
 * 3's for images do: they are told, and a text that has one is refused where it is computed.
 */
final class VocabularyFit {
  private static final int SHOWN = 5;

  private VocabularyFit() {}

  /**
   * @param rows of the embedding
   * @return a sentence on added tokens without a row; empty where all have one
   * @throws LlmException {@code tokenizer_mismatch}
   */
  static Optional<String> require(TokenizerDefinition definition, int rows) {
    Map<Integer, String> beyond = new TreeMap<>();
    JsonNode vocabulary = definition.json().path("model").path("vocab");
    if (vocabulary.isArray()) { // Unigram: pieces by id
      IntStream.range(Math.min(rows, vocabulary.size()), vocabulary.size())
          .forEach(id -> beyond.put(id, vocabulary.get(id).path(0).asText()));
    } else {
      vocabulary
          .properties()
          .forEach(
              token -> {
                if (token.getValue().asInt() >= rows) {
                  beyond.put(token.getValue().asInt(), token.getKey());
                }
              });
    }
    List<String> added = new ArrayList<>();
    for (JsonNode token : definition.json().path("added_tokens")) {
      int id = token.path("id").asInt();
      if (id >= rows) {
        beyond.remove(id);
        added.add("'%s' (%d)".formatted(token.path("content").asText(), id));
      }
    }
    if (!beyond.isEmpty()) {
      int first = beyond.keySet().iterator().next();
      throw mismatch(
          "the tokenizer has %d tokens whose ids are beyond the embedding's %d rows, the first '%s' (%d)"
              .formatted(beyond.size(), rows, beyond.get(first), first));
    }
    requireRoles(definition.specialTokens(), rows);
    return added.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d added tokens have no row in the embedding of %d, so texts with one of them are refused: %s%s."
                .formatted(
                    added.size(),
                    rows,
                    added.stream().limit(SHOWN).collect(Collectors.joining(", ")),
                    added.size() > SHOWN ? ", ..." : ""));
  }

  /** What is put around every text must have a row; padding is never computed. */
  private static void requireRoles(SpecialTokens special, int rows) {
    List<Integer> used = new ArrayList<>(special.stops());
    special.bos().ifPresent(used::add);
    used.stream()
        .filter(id -> id >= rows)
        .findFirst()
        .ifPresent(
            id -> {
              throw mismatch(
                  "the token that begins or ends texts has the id %d, but the embedding has %d rows"
                      .formatted(id, rows));
            });
  }

  private static LlmException mismatch(String what) {
    return new LlmException(
        "tokenizer_mismatch",
        what
            + ": tokenizer and weights are of different models, or tokens were added without resizing the embedding");
  }
}
