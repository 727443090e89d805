package io.affinage.llm.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes the metadata of a GGUF file as a Hugging Face {@code tokenizer.json}. */
final class GgufTokenizerJson {
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;

  private GgufTokenizerJson() {}

  static TokenizerDefinition definition(GgufVocabulary gguf) {
    return switch (gguf.model()) {
      case GgufVocabulary.BYTE_LEVEL -> definition(gguf, byteLevel(gguf));
      case GgufVocabulary.SENTENCE_PIECE -> {
        GgufVocabulary usual = withUsualRoles(gguf);
        yield definition(usual, sentencePiece(usual));
      }
      default ->
          throw new LlmException(
              "unsupported_tokenizer",
              "GGUF tokenizer kind '%s' is not supported (known: gpt2, that is byte-level BPE, and llama, that is SentencePiece); use the model's Hugging Face folder with tokenizer.json instead"
                  .formatted(gguf.model()));
    };
  }

  private static TokenizerDefinition definition(GgufVocabulary gguf, ObjectNode json) {
    return new TokenizerDefinition(
        json,
        new SpecialTokens(gguf.bos(), gguf.eos(), gguf.moreStops(), gguf.pad(), gguf.unk()),
        gguf.chatTemplate().map(t -> Map.of(TokenizerDefinition.DEFAULT, t)).orElse(Map.of()),
        OptionalInt.empty());
  }

  private static ObjectNode byteLevel(GgufVocabulary gguf) {
    PreTokenizer pre = PreTokenizer.named(gguf.pre());
    ObjectNode root = root(gguf);
    if (pre.normalizesToNfc) {
      root.set("normalizer", PreTokenizer.object("NFC"));
    } else {
      root.putNull("normalizer");
    }
    root.set("pre_tokenizer", pre.json());
    root.set(
        "post_processor",
        postProcessor(gguf, pre.addsBos).orElseGet(() -> PreTokenizer.byteLevel(true)));
    root.set("decoder", PreTokenizer.byteLevel(true));
    root.set("model", model(gguf, pre));
    return root;
  }

  /** The {@code tokenizer.json} of a SentencePiece model. */
  static ObjectNode sentencePiece(GgufVocabulary gguf) {
    boolean prefix = gguf.addSpacePrefix().orElse(true);
    ObjectNode root = root(gguf);
    root.set("normalizer", SentencePieceJson.normalizer(prefix));
    root.putNull("pre_tokenizer");
    root.set("post_processor", postProcessor(gguf, true).orElse(null));
    root.set("decoder", SentencePieceJson.decoder(prefix));
    root.set("model", SentencePieceJson.model(gguf));
    return root;
  }

  /** Where a SentencePiece file does not say, llama.cpp takes these ids. */
  private static GgufVocabulary withUsualRoles(GgufVocabulary gguf) {
    return new GgufVocabulary(
        gguf.model(),
        gguf.pre(),
        gguf.tokens(),
        gguf.tokenTypes(),
        gguf.merges(),
        gguf.scores(),
        usual(gguf, gguf.bos(), 1),
        usual(gguf, gguf.eos(), 2),
        gguf.moreStops(),
        usual(gguf, gguf.unk(), 0),
        gguf.pad(),
        gguf.addBos(),
        gguf.addEos(),
        gguf.addSpacePrefix(),
        gguf.chatTemplate());
  }

  private static OptionalInt usual(GgufVocabulary gguf, OptionalInt said, int id) {
    boolean special =
        id < gguf.tokenTypes().size()
            && (gguf.tokenTypes().get(id) == CONTROL || gguf.tokenTypes().get(id) == UNKNOWN);
    return said.isEmpty() && special ? OptionalInt.of(id) : said;
  }

  private static ObjectNode root(GgufVocabulary gguf) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    root.set("added_tokens", addedTokens(gguf));
    return root;
  }

  private static ArrayNode addedTokens(GgufVocabulary gguf) {
    ArrayNode added = JsonNodeFactory.instance.arrayNode();
    for (int id = 0; id < gguf.tokenTypes().size(); id++) {
      int type = gguf.tokenTypes().get(id);
      if (type == UNKNOWN || type == CONTROL || type == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", gguf.tokens().get(id))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type != USER_DEFINED);
      }
    }
    return added;
  }

  /** What stands around texts; empty for nothing. */
  private static Optional<ObjectNode> postProcessor(GgufVocabulary gguf, boolean usuallyBos) {
    boolean bos = gguf.addBos().orElse(usuallyBos);
    boolean eos = gguf.addEos().orElse(false);
    return TextTemplate.around(
        token(gguf, bos ? gguf.bos() : OptionalInt.empty()),
        token(gguf, eos ? gguf.eos() : OptionalInt.empty()));
  }

  private static Optional<TextTemplate.Token> token(GgufVocabulary gguf, OptionalInt id) {
    return id.isPresent()
        ? Optional.of(new TextTemplate.Token(gguf.tokens().get(id.getAsInt()), id.getAsInt()))
        : Optional.empty();
  }

  private static ObjectNode model(GgufVocabulary gguf, PreTokenizer pre) {
    ObjectNode model = PreTokenizer.object("BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", pre.ignoreMerges);
    vocabulary(model, gguf.tokens());
    ArrayNode merges = model.putArray("merges");
    gguf.merges().forEach(merges::add);
    return model;
  }

  /**
   * Puts tokens into a model's {@code vocab}, their places being their ids.
   *
   * @throws LlmException {@code tokenizer_invalid} for a token that stands twice
   */
  static void vocabulary(ObjectNode model, List<String> tokens) {
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      if (vocabulary.has(token)) {
        throw new LlmException(
            "tokenizer_invalid",
            "the tokenizer has '%s' twice, as ids %d and %d"
                .formatted(token, vocabulary.get(token).asInt(), id));
      }
      vocabulary.put(token, id);
    }
  }
}
