package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufWriter;
import io.affinage.llm.text.GgufVocabulary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** A tokenizer in GGUF's terms. */
final class GgufTokenizerMetadata {
  private static final int UNUSED = 5;
  private static final int NORMAL = 1;
  private static final float UNUSED_SCORE = -1e6f;

  private GgufTokenizerMetadata() {}

  /**
   * @param rows of the embedding; ids beyond the vocabulary get tokens that no text has
   */
  static void write(GgufWriter writer, GgufVocabulary vocabulary, int rows) {
    if (vocabulary.tokens().size() > rows) {
      throw GgufLayout.unsupported(
          "the tokenizer has %d tokens and the embedding %d rows, which GGUF does not allow"
              .formatted(vocabulary.tokens().size(), rows));
    }
    List<String> tokens = new ArrayList<>(vocabulary.tokens());
    List<Integer> types = new ArrayList<>(vocabulary.tokenTypes());
    while (types.size() < tokens.size()) {
      types.add(NORMAL);
    }
    Set<String> taken = new HashSet<>(tokens);
    for (int id = tokens.size(); id < rows; id++) {
      String name = "[PAD" + id + "]";
      while (!taken.add(name)) {
        name = "[" + name + "]";
      }
      tokens.add(name);
      types.add(UNUSED);
    }
    writer.text("tokenizer.ggml.model", vocabulary.model());
    vocabulary.pre().ifPresent(pre -> writer.text("tokenizer.ggml.pre", pre));
    writer.texts("tokenizer.ggml.tokens", tokens);
    writer.integers("tokenizer.ggml.token_type", types);
    if (vocabulary.scores().isEmpty()) {
      writer.texts("tokenizer.ggml.merges", vocabulary.merges());
    } else {
      List<Float> scores = new ArrayList<>(vocabulary.scores());
      scores.addAll(Collections.nCopies(rows - scores.size(), UNUSED_SCORE));
      writer.floats("tokenizer.ggml.scores", scores);
    }
    id(writer, "bos", vocabulary.bos());
    id(writer, "eos", vocabulary.eos());
    id(writer, "unknown", vocabulary.unk());
    id(writer, "padding", vocabulary.pad());
    stops(writer, vocabulary);
    vocabulary.addBos().ifPresent(add -> writer.bool("tokenizer.ggml.add_bos_token", add));
    vocabulary.addEos().ifPresent(add -> writer.bool("tokenizer.ggml.add_eos_token", add));
    vocabulary
        .addSpacePrefix()
        .ifPresent(add -> writer.bool("tokenizer.ggml.add_space_prefix", add));
    vocabulary.chatTemplate().ifPresent(it -> writer.text("tokenizer.chat_template", it));
  }

  /** GGUF has room for the end of a turn and the end of a message beside the end of a text. */
  private static void stops(GgufWriter writer, GgufVocabulary vocabulary) {
    List<Integer> more =
        vocabulary.moreStops().stream()
            .filter(id -> vocabulary.eos().isEmpty() || vocabulary.eos().getAsInt() != id)
            .toList();
    if (more.size() > 2) {
      throw GgufLayout.unsupported(
          "%d tokens end a generation, and GGUF has room for three".formatted(more.size() + 1));
    }
    String[] names = {"eot", "eom"};
    for (int i = 0; i < more.size(); i++) {
      id(writer, names[i], OptionalInt.of(more.get(i)));
    }
  }

  private static void id(GgufWriter writer, String role, OptionalInt id) {
    id.ifPresent(value -> writer.unsigned("tokenizer.ggml." + role + "_token_id", value));
  }
}
