package io.affinage.llm.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A byte-level BPE tokenizer as older folders have it, in {@code vocab.json} and {@code
 * merges.txt}, turned into a {@code tokenizer.json}: what transformers makes of them.
 */
final class BpeFiles {
  private static final String VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String ADDED = "added_tokens.json";
  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized");

  private final Path folder;
  private final ObjectNode config;
  private final ObjectNode map;
  private final BpeClass tokenizerClass;
  private final ObjectNode vocabulary;

  /** By id. */
  private final TreeMap<Integer, ObjectNode> added = new TreeMap<>();

  private BpeFiles(Path folder, ObjectNode config, ObjectNode map) {
    this.folder = folder;
    this.config = config;
    this.map = map;
    ObjectNode model = TokenizerFiles.objectIfThere(folder.resolve("config.json"));
    String named = config.path("tokenizer_class").asText(model.path("tokenizer_class").asText(""));
    this.tokenizerClass = BpeClass.named(named, model.path("model_type").asText(""));
    this.vocabulary = TokenizerFiles.object(folder.resolve(VOCABULARY));
  }

  static boolean areIn(Path folder) {
    return Files.isRegularFile(folder.resolve(VOCABULARY))
        && Files.isRegularFile(folder.resolve(MERGES));
  }

  /**
   * The {@code tokenizer.json}. Roles that only the class names go into the configuration.
   *
   * @param config content of {@code tokenizer_config.json}
   * @param map content of {@code special_tokens_map.json}
   * @throws LlmException {@code tokenizer_invalid}, {@code tokenizer_unreadable}, {@code
   *     unsupported_tokenizer}
   */
  static ObjectNode read(Path folder, ObjectNode config, ObjectNode map) {
    return new BpeFiles(folder, config, map).json();
  }

  private ObjectNode json() {
    vocabulary.properties().forEach(each -> id(each.getKey(), each.getValue()));
    addTokens();
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode tokens = root.putArray("added_tokens");
    added.values().forEach(tokens::add);
    root.set(
        "normalizer",
        tokenizerClass.normalizesToNfc ? PreTokenizer.object("NFC") : root.nullNode());
    root.set("pre_tokenizer", words());
    root.set(
        "post_processor",
        TextTemplate.around(putAround("bos_token"), putAround("eos_token"))
            .orElseGet(() -> PreTokenizer.byteLevel(true)));
    root.set("decoder", PreTokenizer.byteLevel(true));
    root.set("model", model());
    return root;
  }

  private ObjectNode words() {
    ObjectNode words = tokenizerClass.words.json();
    if (config.path("add_prefix_space").asBoolean()) {
      words
          .findParents("add_prefix_space")
          .forEach(step -> ((ObjectNode) step).put("add_prefix_space", true));
    }
    return words;
  }

  private ObjectNode model() {
    ObjectNode model = PreTokenizer.object("BPE");
    for (String none :
        List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
      model.putNull(none);
    }
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    model.set("vocab", vocabulary);
    model.set("merges", merges());
    return model;
  }

  private ArrayNode merges() {
    Path file = folder.resolve(MERGES);
    ArrayNode merges = JsonNodeFactory.instance.arrayNode();
    List<String> lines;
    try {
      TokenizerFiles.requireFetched(file);
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new LlmException("tokenizer_unreadable", "cannot read " + file + ": " + e, e);
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || line.startsWith("#version")) {
        continue;
      }
      String[] parts = line.split(" ", -1);
      if (parts.length != 2) {
        throw invalid("line %d of %s is not two tokens".formatted(i + 1, MERGES));
      }
      for (String token : List.of(parts[0], parts[1], parts[0] + parts[1])) {
        if (!vocabulary.has(token)) {
          throw invalid(
              "line %d of %s needs token '%s', which %s does not have"
                  .formatted(i + 1, MERGES, token, VOCABULARY));
        }
      }
      merges.add(line);
    }
    return merges;
  }

  /** From what says most about them to what says least: the first that names a token counts. */
  private void addTokens() {
    config
        .path("added_tokens_decoder")
        .properties()
        .forEach(
            each ->
                add(
                    each.getValue().path("content").asText(),
                    JsonNodeFactory.instance.numberNode(number(each.getKey())),
                    each.getValue()));
    Map<String, JsonNode> special = new TreeMap<>();
    for (ObjectNode source : List.of(config, map)) {
      source
          .properties()
          .forEach(
              each -> {
                if (each.getKey().endsWith("_token")) {
                  special(each.getValue(), special);
                }
              });
      source.path("additional_special_tokens").forEach(each -> special(each, special));
    }
    ObjectNode more = TokenizerFiles.objectIfThere(folder.resolve(ADDED));
    tokenizerClass.usualRoles.forEach(
        (role, token) -> {
          boolean known = vocabulary.has(token) || more.has(token) || isAdded(token);
          if (!config.has(role) && !map.has(role) && known) {
            config.put(role, token);
            special.putIfAbsent(token, JsonNodeFactory.instance.textNode(token));
          }
        });
    // As transformers has it, what another file says about their surroundings does not count.
    more.properties()
        .forEach(
            each -> add(each.getKey(), each.getValue(), flags(special.containsKey(each.getKey()))));
    special.forEach(
        (token, flags) -> {
          if (vocabulary.has(token)) {
            add(token, vocabulary.get(token), flags);
          } else if (!isAdded(token)) {
            throw invalid(
                "'%s' is a special token, but neither %s nor %s nor tokenizer_config.json has its id"
                    .formatted(token, VOCABULARY, ADDED));
          }
        });
  }

  /** Of a token that is named alone: one that is not special is found in normalized text. */
  private static ObjectNode flags(boolean special) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("normalized", !special)
        .put("special", special);
  }

  private static void special(JsonNode value, Map<String, JsonNode> tokens) {
    JsonNode content = value.isObject() ? value.path("content") : value;
    if (content.isTextual() && !content.textValue().isEmpty()) {
      tokens.putIfAbsent(content.textValue(), value);
    }
  }

  private boolean isAdded(String token) {
    return added.values().stream().anyMatch(each -> each.path("content").asText().equals(token));
  }

  /**
   * @param flags as an object; a special token without any where it is none
   */
  private void add(String token, JsonNode id, JsonNode flags) {
    int number = id(token, id);
    ObjectNode entry =
        JsonNodeFactory.instance.objectNode().put("id", number).put("content", token);
    FLAGS.forEach(flag -> entry.put(flag, flags.path(flag).asBoolean()));
    entry.put("special", flags.path("special").asBoolean(true));
    ObjectNode other = added.putIfAbsent(number, entry);
    if (other != null && !other.path("content").asText().equals(token)) {
      throw invalid(
          "both '%s' and '%s' have id %d".formatted(other.path("content").asText(), token, number));
    }
  }

  private int id(String token, JsonNode id) {
    if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
      throw invalid("the id of token '%s' is %s".formatted(token, id));
    }
    return id.intValue();
  }

  private int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw invalid("added_tokens_decoder has the id '%s'".formatted(text));
    }
  }

  /** The token of a role where it is put around texts. */
  private Optional<TextTemplate.Token> putAround(String role) {
    if (!config.path("add_" + role).asBoolean()) {
      return Optional.empty();
    }
    JsonNode value = config.hasNonNull(role) ? config.get(role) : map.path(role);
    String token = value.isObject() ? value.path("content").asText() : value.asText("");
    return added.values().stream()
        .filter(each -> each.path("content").asText().equals(token))
        .findFirst()
        .map(each -> new TextTemplate.Token(token, each.path("id").asInt()));
  }

  private LlmException invalid(String problem) {
    return new LlmException("tokenizer_invalid", "%s: %s".formatted(folder, problem));
  }
}
