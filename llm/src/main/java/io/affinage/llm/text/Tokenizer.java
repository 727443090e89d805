package io.affinage.llm.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;

/**
 * Text to token ids and back, by Hugging Face's own engine. Never truncates and never pads. Safe
 * for use by several threads at once; holds native memory until closed.
 */
public final class Tokenizer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HuggingFaceTokenizer engine;
  private final SpecialTokens specialTokens;
  private final String[] tokens;
  private final Map<String, Integer> ids;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private Tokenizer(
      HuggingFaceTokenizer engine, SpecialTokens specialTokens, Map<String, Integer> ids) {
    this.engine = engine;
    this.specialTokens = specialTokens;
    this.ids = ids;
    this.tokens =
        new String[ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1];
    ids.forEach((token, id) -> tokens[id] = token);
  }

  /**
   * Loads a tokenizer into the engine.
   *
   * @throws LlmException {@code tokenizer_invalid} with the engine's reason
   */
  public static Tokenizer of(TokenizerDefinition definition) {
    ObjectNode json = definition.json().deepCopy();
    TokenizerCheck.require(json);
    // A file may carry the truncation and padding of whoever saved it; both would be silent here.
    json.putNull("truncation");
    json.putNull("padding");
    Map<String, String> options =
        Map.of(
            "truncation", "do_not_truncate", "padding", "do_not_pad", "addSpecialTokens", "false");
    try {
      HuggingFaceTokenizer engine =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(JSON.writeValueAsBytes(json)), options);
      Tokenizer tokenizer =
          new Tokenizer(
              engine,
              definition.specialTokens(),
              new HashMap<>(TokenizerDefinition.idsByToken(json)));
      try {
        tokenizer.requireIds(json);
      } catch (LlmException e) {
        tokenizer.close();
        throw e;
      }
      return tokenizer;
    } catch (LlmException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new LlmException(
          "tokenizer_invalid", "the tokenizer cannot be loaded: " + e.getMessage(), e);
    }
  }

  /**
   * The engine numbers added tokens on from the vocabulary, whatever the file says: where the two
   * differ, its ids would mean other tokens than everything else here takes them for.
   */
  private void requireIds(ObjectNode json) {
    JsonNode vocabulary = json.path("model").path("vocab");
    for (JsonNode token : json.path("added_tokens")) {
      String content = token.path("content").textValue();
      int id = token.path("id").intValue();
      boolean changes = token.path("normalized").asBoolean() && !token.path("special").asBoolean();
      if (vocabulary.path(content).asInt(-1) != id
          && !changes
          && Arrays.stream(encode(content)).noneMatch(found -> found == id)) {
        throw new LlmException(
            "tokenizer_invalid",
            "tokenizer.json: added token '%s' has the id %d, but its id is the vocabulary's, or the next after it without a gap: the engine gives %s"
                .formatted(content, id, Arrays.toString(encode(content))));
      }
    }
  }

  /**
   * Ids of the text alone. Special tokens that stand in the text are recognised; none are added.
   *
   * @throws LlmException {@code text_not_unicode} for half a surrogate pair
   */
  public int[] encode(String text) {
    return encode(text, false);
  }

  /** As {@link #encode}, with what the tokenizer's own post-processor puts around a text. */
  public int[] encodeWithSpecialTokens(String text) {
    return encode(text, true);
  }

  /** {@link #encode} with the place of each token in the text. */
  public TokenOffsets encodeWithOffsets(String text) {
    requireUnicode(text);
    return withEngine(
        handle -> {
          long encoding = TokenizersLibrary.LIB.encode(handle, text, false);
          CharSpan[] spans;
          try {
            spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);
          } catch (RuntimeException e) {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
            throw e;
          }
          int[] ids = take(encoding);
          int[] starts = new int[ids.length];
          int[] ends = new int[ids.length];
          int[] units = unitsByCodePoint(text); // the engine counts code points
          for (int i = 0; i < ids.length; i++) {
            starts[i] = spans[i] == null ? 0 : units[spans[i].getStart()];
            ends[i] = spans[i] == null ? 0 : units[spans[i].getEnd()];
          }
          return new TokenOffsets(ids, starts, ends);
        });
  }

  private static int[] unitsByCodePoint(String text) {
    int[] units = new int[text.codePointCount(0, text.length()) + 1];
    for (int point = 0, unit = 0; point < units.length; point++) {
      units[point] = unit;
      if (unit < text.length()) {
        unit += Character.charCount(text.codePointAt(unit));
      }
    }
    return units;
  }

  /** {@link #encode} of many texts at once, on as many threads as the engine takes. */
  public List<int[]> encodeAll(List<String> texts) {
    texts.forEach(Tokenizer::requireUnicode);
    return withEngine(
        handle -> {
          long[] encodings =
              TokenizersLibrary.LIB.batchEncode(handle, texts.toArray(String[]::new), false);
          List<int[]> all = new ArrayList<>(encodings.length);
          for (long encoding : encodings) {
            all.add(take(encoding));
          }
          return all;
        });
  }

  /** The text of the ids, special tokens included. */
  public String decode(int... ids) {
    return decode(ids, false);
  }

  /**
   * The text of the ids. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param skipSpecialTokens leaves special tokens out
   * @throws LlmException {@code token_out_of_range}
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= tokens.length) {
        throw new LlmException(
            "token_out_of_range",
            "token id %d at position %d is outside the vocabulary of %d"
                .formatted(ids[i], i, tokens.length));
      }
      wide[i] = ids[i];
    }
    return withEngine(handle -> TokenizersLibrary.LIB.decode(handle, wide, skipSpecialTokens));
  }

  /** Starts to decode a stream of ids. */
  public IncrementalDecoder decoder(boolean skipSpecialTokens) {
    return new IncrementalDecoder(this, skipSpecialTokens);
  }

  /** The token of an id in the engine's own spelling; empty for an id that is not in use. */
  public Optional<String> token(int id) {
    return id < 0 || id >= tokens.length ? Optional.empty() : Optional.ofNullable(tokens[id]);
  }

  /** The id of a token in the engine's own spelling. */
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** One more than the largest id, added tokens included. */
  public int vocabularySize() {
    return tokens.length;
  }

  public SpecialTokens specialTokens() {
    return specialTokens;
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        engine.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private int[] encode(String text, boolean addSpecialTokens) {
    requireUnicode(text);
    // HuggingFaceTokenizer.encode would also fetch words, masks and offsets, at several times the
    // cost; the JNI class it calls gives the ids alone.
    return withEngine(handle -> take(TokenizersLibrary.LIB.encode(handle, text, addSpecialTokens)));
  }

  private static int[] take(long encoding) {
    try {
      long[] wide = TokenizersLibrary.LIB.getTokenIds(encoding);
      int[] ids = new int[wide.length];
      for (int i = 0; i < wide.length; i++) {
        ids[i] = (int) wide[i];
      }
      return ids;
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  private <T> T withEngine(LongFunction<T> use) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the tokenizer is closed");
      }
      return use.apply(engine.getHandle());
    } catch (LlmException | IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) { // the engine has no type of its own
      throw new LlmException(
          "tokenizer_failed", "the tokenizer cannot do this: " + e.getMessage(), e);
    } finally {
      lock.readLock().unlock();
    }
  }

  private static void requireUnicode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 < text.length()
            && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          i++;
        } else {
          throw new LlmException(
              "text_not_unicode",
              "the text has half a surrogate pair (\\u%04x) at character %d: it cannot be written as UTF-8"
                  .formatted((int) text.charAt(i), i));
        }
      }
    }
  }
}
