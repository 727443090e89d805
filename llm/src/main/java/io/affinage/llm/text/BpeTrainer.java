package io.affinage.llm.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Trains byte-level byte-pair encoding on text, by the rules of Hugging Face's trainer: words are
 * cut as GPT-2 cuts them, the most frequent pair is merged, and of equally frequent ones that of
 * the smaller ids. The same text gives the same tokenizer.
 */
public final class BpeTrainer {
  private static final Pattern WORDS =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final String CHAT_ML =
      "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{"
          + " '<|im_start|>assistant\\n' }}{% endif %}";

  private BpeTrainer() {}

  /**
   * What to train.
   *
   * @param vocabularySize tokens at most; a text with too few pairs gives fewer
   * @param minFrequency how often a pair must stand in the text to become a token
   * @param specialTokens the first ids, in this order; they are cut out of the text
   * @param eos which of them ends a text
   * @param pad which of them pads
   * @param stops which of them too end a generation
   * @param chatTemplate Jinja source
   */
  public record Settings(
      int vocabularySize,
      int minFrequency,
      List<String> specialTokens,
      String eos,
      String pad,
      Set<String> stops,
      String chatTemplate) {
    public Settings {
      specialTokens = List.copyOf(specialTokens);
      stops = Set.copyOf(stops);
      if (vocabularySize < 256 + specialTokens.size()) {
        throw new LlmException(
            "vocabulary_too_small",
            "a vocabulary of %d has no room for 256 bytes and %d special tokens"
                .formatted(vocabularySize, specialTokens.size()));
      }
    }

    /**
     * A tokenizer for conversations in ChatML: {@code <|endoftext|>} (0) between documents, {@code
     * <|im_start|>} (1), {@code <|im_end|>} (2, the end-of-text token) and {@code <|pad|>} (3).
     */
    public static Settings chatMl(int vocabularySize) {
      return new Settings(
          vocabularySize,
          2,
          List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"),
          "<|im_end|>",
          "<|pad|>",
          Set.of("<|endoftext|>"),
          CHAT_ML);
    }
  }

  /**
   * Trains a tokenizer.
   *
   * @throws LlmException {@code vocabulary_too_small}
   */
  public static TokenizerDefinition train(Iterable<String> texts, Settings settings) {
    List<String> special = settings.specialTokens();
    List<String> tokens = new ArrayList<>(special);
    int[] idOfByte = new int[256];
    Integer[] bytes = new Integer[256];
    Arrays.setAll(bytes, i -> i);
    // Hugging Face orders the alphabet by character, not by byte.
    Arrays.sort(
        bytes, (a, b) -> Character.compare(ByteAlphabet.character(a), ByteAlphabet.character(b)));
    for (int value : bytes) {
      idOfByte[value] = tokens.size();
      tokens.add(String.valueOf(ByteAlphabet.character(value)));
    }
    List<String> merges = merge(words(texts, special, idOfByte), tokens, settings);
    return definition(tokens, merges, settings);
  }

  private static Map<String, Integer> counts(Iterable<String> texts, List<String> special) {
    Pattern cut =
        special.isEmpty()
            ? null
            : Pattern.compile(String.join("|", special.stream().map(Pattern::quote).toList()));
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String text : texts) {
      for (String part : cut == null ? new String[] {text} : cut.split(text)) {
        Matcher words = WORDS.matcher(part);
        while (words.find()) {
          counts.merge(words.group(), 1, Integer::sum);
        }
      }
    }
    return counts;
  }

  private static List<Word> words(Iterable<String> texts, List<String> special, int[] idOfByte) {
    List<Word> words = new ArrayList<>();
    counts(texts, special)
        .forEach(
            (word, count) ->
                words.add(
                    new Word(
                        Arrays.stream(ByteAlphabet.bytes(word)).map(b -> idOfByte[b]).toArray(),
                        count)));
    return words;
  }

  /** A word of the text as token ids, and how often it stands there. */
  private static final class Word {
    private final int[] ids;
    private final long count;
    private int length;

    Word(int[] ids, long count) {
      this.ids = ids;
      this.count = count;
      this.length = ids.length;
    }
  }

  /** A pair of ids, how often it stands in the text, and in which words (some perhaps no more). */
  private static final class Pair {
    private final long key;
    private long count;
    private int[] words = new int[4];
    private int size;

    Pair(long key) {
      this.key = key;
    }

    void standsIn(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, 2 * size);
      }
      words[size++] = word;
    }
  }

  /** What the count of a pair was when it was queued; stale ones are queued anew. */
  private record Queued(Pair pair, long count) implements Comparable<Queued> {
    @Override
    public int compareTo(Queued other) {
      int byCount = Long.compare(other.count, count);
      return byCount != 0 ? byCount : Long.compare(pair.key, other.pair.key);
    }
  }

  private static List<String> merge(List<Word> words, List<String> tokens, Settings settings) {
    Map<Long, Pair> pairs = new HashMap<>();
    for (int w = 0; w < words.size(); w++) {
      Word word = words.get(w);
      for (int i = 1; i < word.length; i++) {
        change(pairs, word.ids[i - 1], word.ids[i], word.count, w);
      }
    }
    PriorityQueue<Queued> queue = new PriorityQueue<>();
    pairs.values().forEach(pair -> queue.add(new Queued(pair, pair.count)));
    Map<String, Integer> ids = new HashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    List<String> merges = new ArrayList<>();
    while (tokens.size() < settings.vocabularySize() && !queue.isEmpty()) {
      Queued best = queue.poll();
      Pair pair = best.pair();
      if (best.count() != pair.count) {
        if (pair.count > 0) {
          queue.add(new Queued(pair, pair.count));
        }
        continue;
      }
      if (best.count() < Math.max(1, settings.minFrequency())) {
        break;
      }
      int left = (int) (pair.key >>> 32);
      int right = (int) pair.key;
      String token = tokens.get(left) + tokens.get(right);
      merges.add(tokens.get(left) + " " + tokens.get(right));
      // Two ways to spell one token are two merges but one id.
      Integer known = ids.putIfAbsent(token, tokens.size());
      int merged = known == null ? tokens.size() : known;
      if (known == null) {
        tokens.add(token);
      }
      Map<Long, Pair> grown = new HashMap<>();
      for (int i = 0; i < pair.size; i++) {
        mergeInWord(pairs, grown, words.get(pair.words[i]), pair.words[i], left, right, merged);
      }
      pairs.remove(pair.key);
      grown.values().stream()
          .filter(each -> each.count > 0)
          .forEach(each -> queue.add(new Queued(each, each.count)));
    }
    return merges;
  }

  private static void mergeInWord(
      Map<Long, Pair> pairs,
      Map<Long, Pair> grown,
      Word word,
      int index,
      int left,
      int right,
      int merged) {
    int[] ids = word.ids;
    int to = 0;
    for (int from = 0; from < word.length; from++, to++) {
      if (from + 1 < word.length && ids[from] == left && ids[from + 1] == right) {
        if (to > 0) {
          change(pairs, ids[to - 1], left, -word.count, index);
          grow(pairs, grown, ids[to - 1], merged, word.count, index);
        }
        if (from + 2 < word.length) {
          change(pairs, right, ids[from + 2], -word.count, index);
          grow(pairs, grown, merged, ids[from + 2], word.count, index);
        }
        ids[to] = merged;
        from++;
      } else {
        ids[to] = ids[from];
      }
    }
    word.length = to;
  }

  private static void grow(
      Map<Long, Pair> pairs, Map<Long, Pair> grown, int left, int right, long by, int word) {
    Pair pair = change(pairs, left, right, by, word);
    grown.put(pair.key, pair);
  }

  private static Pair change(Map<Long, Pair> pairs, int left, int right, long by, int word) {
    Pair pair = pairs.computeIfAbsent((long) left << 32 | right, Pair::new);
    pair.count += by;
    if (by > 0) {
      pair.standsIn(word);
    }
    return pair;
  }

  private static TokenizerDefinition definition(
      List<String> tokens, List<String> merges, Settings settings) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < settings.specialTokens().size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", settings.specialTokens().get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    root.set("pre_tokenizer", PreTokenizer.byteLevel(true));
    root.set("post_processor", PreTokenizer.byteLevel(true));
    root.set("decoder", PreTokenizer.byteLevel(true));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    ArrayNode list = model.putArray("merges");
    merges.forEach(list::add);
    SpecialTokens special =
        new SpecialTokens(
            OptionalInt.empty(),
            id(settings, settings.eos()),
            settings.stops().stream()
                .map(token -> id(settings, token).getAsInt())
                .collect(Collectors.toSet()),
            id(settings, settings.pad()),
            OptionalInt.empty());
    return new TokenizerDefinition(
        root,
        special,
        Map.of(TokenizerDefinition.DEFAULT, settings.chatTemplate()),
        OptionalInt.empty());
  }

  private static OptionalInt id(Settings settings, String token) {
    int id = settings.specialTokens().indexOf(token);
    if (id < 0) {
      throw new IllegalArgumentException("'" + token + "' is not one of the special tokens");
    }
    return OptionalInt.of(id);
  }
}
