package io.affinage.llm.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * SentencePiece's BPE with byte fallback as the tokenizer engine has it: spaces become {@value
 * #SPACE}, and merges follow from scores.
 */
final class SentencePieceJson {
  /** What stands for a space: U+2581. */
  static final String SPACE = "\u2581";

  private static final int UNKNOWN = 2;
  private static final int BYTE = 6;

  private SentencePieceJson() {}

  static ObjectNode model(GgufVocabulary gguf) {
    ObjectNode model = PreTokenizer.object("BPE");
    model.putNull("dropout");
    String unknown = unknown(gguf);
    if (unknown == null) {
      model.putNull("unk_token");
    } else {
      model.put("unk_token", unknown);
    }
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", true);
    model.put("byte_fallback", gguf.tokenTypes().contains(BYTE));
    model.put("ignore_merges", false);
    GgufTokenizerJson.vocabulary(model, gguf.tokens());
    ArrayNode merges = model.putArray("merges");
    for (SentencePieceMerges.Merge merge :
        SentencePieceMerges.of(gguf.tokens(), gguf.tokenTypes(), gguf.scores())) {
      merges.addArray().add(merge.left()).add(merge.right());
    }
    return model;
  }

  private static String unknown(GgufVocabulary gguf) {
    if (gguf.unk().isPresent()) {
      return gguf.tokens().get(gguf.unk().getAsInt());
    }
    int id = gguf.tokenTypes().indexOf(UNKNOWN);
    return id < 0 ? null : gguf.tokens().get(id);
  }

  /**
   * @param prefix whether a text, and what follows a special token, begins with a space
   */
  static ObjectNode normalizer(boolean prefix) {
    ObjectNode replace = replace(" ", SPACE);
    return prefix
        ? sequence("normalizers", PreTokenizer.object("Prepend").put("prepend", SPACE), replace)
        : replace;
  }

  static ObjectNode decoder(boolean prefix) {
    ObjectNode replace = replace(SPACE, " ");
    ObjectNode bytes = PreTokenizer.object("ByteFallback");
    ObjectNode fuse = PreTokenizer.object("Fuse");
    ObjectNode strip =
        PreTokenizer.object("Strip").put("content", " ").put("start", 1).put("stop", 0);
    return prefix
        ? sequence("decoders", replace, bytes, fuse, strip)
        : sequence("decoders", replace, bytes, fuse);
  }

  private static ObjectNode replace(String text, String by) {
    ObjectNode replace = PreTokenizer.object("Replace");
    replace.putObject("pattern").put("String", text);
    return replace.put("content", by);
  }

  private static ObjectNode sequence(String field, ObjectNode... steps) {
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    sequence.putArray(field).addAll(List.of(steps));
    return sequence;
  }
}
