package io.affinage.llm.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Everything that a model's files say about its text: what a {@link Tokenizer} and a {@link
 * ChatTemplate} are made from, and what an exported model folder needs.
 *
 * @param json the content of {@code tokenizer.json}
 * @param specialTokens ids with a role
 * @param chatTemplates Jinja sources by name; the usual one is called {@value #DEFAULT}
 * @param modelMaxLength the longest text in tokens that the files name
 */
public record TokenizerDefinition(
    ObjectNode json,
    SpecialTokens specialTokens,
    Map<String, String> chatTemplates,
    OptionalInt modelMaxLength) {

  /** The name of the chat template that is used when none is named. */
  public static final String DEFAULT = "default";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKENIZER = "tokenizer.json";
  private static final String SENTENCE_PIECE = "tokenizer.model";
  private static final String ADD_BOS = "add_bos_token";
  private static final String ADD_EOS = "add_eos_token";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  private static final String GENERATION = "generation_config.json";
  private static final String MODEL_CONFIG = "config.json";
  private static final String EOS_ID = "eos_token_id";
  private static final String TEMPLATE = "chat_template.jinja";
  private static final String MORE_TEMPLATES = "additional_chat_templates";

  public TokenizerDefinition {
    Objects.requireNonNull(json, "json");
    chatTemplates = Map.copyOf(chatTemplates);
  }

  /**
   * Reads a Hugging Face model folder: {@code tokenizer.json}, or {@code vocab.json} with {@code
   * merges.txt}, or a SentencePiece model in {@code tokenizer.model}, and where they exist {@code
   * tokenizer_config.json}, {@code special_tokens_map.json}, {@code generation_config.json} or else
   * {@code config.json}, {@code chat_template.jinja} and {@code additional_chat_templates/*.jinja}.
   *
   * @throws LlmException {@code tokenizer_missing}, {@code tokenizer_invalid}, {@code
   *     unsupported_tokenizer}
   */
  public static TokenizerDefinition fromFolder(Path folder) {
    ObjectNode config = TokenizerFiles.objectIfThere(folder.resolve(CONFIG));
    ObjectNode map = TokenizerFiles.objectIfThere(folder.resolve(SPECIAL_TOKENS_MAP));
    ObjectNode json = tokenizer(folder, config, map);
    ObjectNode generation = generation(folder);
    addMissingTokens(json, config);
    Map<String, Integer> ids = idsByToken(json);
    Set<Integer> stops = stops(generation.path(EOS_ID));
    SpecialTokens special =
        new SpecialTokens(
            role("bos_token", config, map, generation, ids),
            role("eos_token", config, map, generation, ids),
            stops,
            role("pad_token", config, map, generation, ids),
            role("unk_token", config, map, generation, ids));
    JsonNode longest = config.path("model_max_length");
    return new TokenizerDefinition(
        json,
        special,
        chatTemplates(folder, config),
        // "No limit" is written as a number around 1e30.
        longest.canConvertToInt() ? OptionalInt.of(longest.asInt()) : OptionalInt.empty());
  }

  /**
   * What says which ids begin, end and pad texts: {@code generation_config.json}, and only where
   * there is none, {@code config.json}, as transformers has it.
   */
  private static ObjectNode generation(Path folder) {
    if (Files.isRegularFile(folder.resolve(GENERATION))) {
      return TokenizerFiles.object(folder.resolve(GENERATION));
    }
    ObjectNode model = TokenizerFiles.objectIfThere(folder.resolve(MODEL_CONFIG));
    if (model.path("text_config") instanceof ObjectNode text) {
      for (String id : List.of("bos_token_id", EOS_ID, "pad_token_id")) {
        if (!model.hasNonNull(id) && text.hasNonNull(id)) {
          model.set(id, text.get(id));
        }
      }
    }
    return model;
  }

  private static Set<Integer> stops(JsonNode eos) {
    Set<Integer> stops = new LinkedHashSet<>();
    for (JsonNode id : eos.isArray() ? eos : List.of(eos)) {
      if (id.isInt() && id.intValue() >= 0) {
        stops.add(id.intValue());
      } else if (!id.isMissingNode() && !id.isNull()) {
        throw new LlmException(
            "tokenizer_invalid", "eos_token_id is %s, but must be token ids".formatted(eos));
      }
    }
    return stops;
  }

  /**
   * Makes the definition from GGUF metadata.
   *
   * @throws LlmException {@code unsupported_tokenizer}, {@code unsupported_pre_tokenizer}, {@code
   *     tokenizer_invalid}
   */
  public static TokenizerDefinition fromGguf(GgufVocabulary gguf) {
    return GgufTokenizerJson.definition(gguf);
  }

  /**
   * The definition as GGUF metadata.
   *
   * @throws LlmException {@code unsupported_tokenizer}, {@code unsupported_pre_tokenizer} where
   *     GGUF cannot say it
   */
  public GgufVocabulary toGguf() {
    return HuggingFaceVocabulary.of(this);
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}, and {@code
   * generation_config.json} where several tokens end a generation, so that Hugging Face's libraries
   * load the same tokenizer and chat template.
   */
  public void writeTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    JSON.writeValue(folder.resolve(TOKENIZER).toFile(), json);
    ObjectNode config = JSON.createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    new TreeMap<>(specialTokenTexts()).forEach(config::put);
    modelMaxLength.ifPresent(length -> config.put("model_max_length", length));
    config.put("clean_up_tokenization_spaces", false);
    if (chatTemplates.size() == 1 && chatTemplates.containsKey(DEFAULT)) {
      config.put("chat_template", chatTemplates.get(DEFAULT));
    } else if (!chatTemplates.isEmpty()) {
      ArrayNode named = config.putArray("chat_template");
      chatTemplates.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(
              each ->
                  named.addObject().put("name", each.getKey()).put("template", each.getValue()));
    }
    JSON.writerWithDefaultPrettyPrinter().writeValue(folder.resolve(CONFIG).toFile(), config);
    if (specialTokens.stops().size() > 1) { // one fits tokenizer_config.json
      ObjectNode generation = JSON.createObjectNode();
      ArrayNode stops = generation.putArray("eos_token_id");
      specialTokens.stops().forEach(stops::add);
      specialTokens.pad().ifPresent(id -> generation.put("pad_token_id", id));
      JSON.writerWithDefaultPrettyPrinter()
          .writeValue(folder.resolve(GENERATION).toFile(), generation);
    }
  }

  /** The same, padding with another of its tokens. */
  public TokenizerDefinition withPad(int id) {
    return new TokenizerDefinition(
        json,
        new SpecialTokens(
            specialTokens.bos(),
            specialTokens.eos(),
            specialTokens.stops(),
            OptionalInt.of(id),
            specialTokens.unk()),
        chatTemplates,
        modelMaxLength);
  }

  /** Ids of the added tokens that are special, by their texts. */
  public Map<String, Integer> addedSpecialTokens() {
    Map<String, Integer> tokens = new TreeMap<>();
    json.path("added_tokens")
        .forEach(
            each -> {
              if (each.path("special").asBoolean()) {
                tokens.put(each.path("content").asText(), each.path("id").asInt());
              }
            });
    return tokens;
  }

  /** The special tokens as text, by the names that chat templates know: {@code bos_token} etc. */
  public Map<String, String> specialTokenTexts() {
    Map<Integer, String> tokens = new HashMap<>();
    idsByToken(json).forEach((token, id) -> tokens.put(id, token));
    Map<String, String> texts = new HashMap<>();
    specialTokens.bos().ifPresent(id -> texts.put("bos_token", tokens.get(id)));
    specialTokens.eos().ifPresent(id -> texts.put("eos_token", tokens.get(id)));
    specialTokens.pad().ifPresent(id -> texts.put("pad_token", tokens.get(id)));
    specialTokens.unk().ifPresent(id -> texts.put("unk_token", tokens.get(id)));
    return texts;
  }

  /**
   * The content of {@code tokenizer.json}, or what other files would be as one. Roles that only
   * those name go into the configuration.
   */
  private static ObjectNode tokenizer(Path folder, ObjectNode config, ObjectNode map) {
    if (Files.isRegularFile(folder.resolve(TOKENIZER))) {
      return TokenizerFiles.object(folder.resolve(TOKENIZER));
    }
    if (BpeFiles.areIn(folder)) {
      return BpeFiles.read(folder, config, map);
    }
    Path model = folder.resolve(SENTENCE_PIECE);
    if (!Files.isRegularFile(model)) {
      throw new LlmException(
          "tokenizer_missing",
          "%s has neither %s nor %s nor vocab.json with merges.txt; a tokenizer in another form must be converted first, for instance by loading and saving it with transformers"
              .formatted(folder, TOKENIZER, SENTENCE_PIECE));
    }
    TokenizerFiles.requireFetched(model);
    GgufVocabulary vocabulary =
        SentencePieceFile.read(model).adding(flag(config, ADD_BOS), flag(config, ADD_EOS));
    Map.of(
            "bos_token", vocabulary.bos(),
            "eos_token", vocabulary.eos(),
            "unk_token", vocabulary.unk(),
            "pad_token", vocabulary.pad())
        .forEach(
            (role, id) -> {
              if (!config.hasNonNull(role) && id.isPresent()) {
                config.put(role, vocabulary.tokens().get(id.getAsInt()));
              }
            });
    return GgufTokenizerJson.sentencePiece(vocabulary);
  }

  private static Optional<Boolean> flag(ObjectNode config, String name) {
    JsonNode flag = config.path(name);
    return flag.isBoolean() ? Optional.of(flag.booleanValue()) : Optional.empty();
  }

  /** Ids of every token of the vocabulary and of the added tokens. */
  static Map<String, Integer> idsByToken(ObjectNode json) {
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isObject()) {
      vocabulary.properties().forEach(each -> ids.put(each.getKey(), each.getValue().asInt()));
    } else if (vocabulary.isArray()) { // Unigram: [token, score] by id
      for (int id = 0; id < vocabulary.size(); id++) {
        ids.put(vocabulary.path(id).path(0).asText(), id);
      }
    }
    json.path("added_tokens")
        .forEach(each -> ids.put(each.path("content").asText(), each.path("id").asInt()));
    return ids;
  }

  /** transformers adds what only {@code added_tokens_decoder} names, so this does too. */
  private static void addMissingTokens(ObjectNode json, ObjectNode config) {
    JsonNode decoder = config.path("added_tokens_decoder");
    if (decoder.isEmpty()) {
      return;
    }
    ArrayNode added = json.withArray("added_tokens");
    Set<Integer> present = new LinkedHashSet<>();
    added.forEach(each -> present.add(each.path("id").asInt()));
    decoder
        .properties()
        .forEach(
            each -> {
              int id = Integer.parseInt(each.getKey());
              if (each.getValue().isObject() && present.add(id)) {
                ObjectNode token = added.addObject().put("id", id);
                for (String field :
                    List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
                  token.put(field, each.getValue().path(field).asBoolean());
                }
                token.put("content", each.getValue().path("content").asText());
              }
            });
  }

  private static OptionalInt role(
      String name,
      ObjectNode config,
      ObjectNode map,
      ObjectNode generation,
      Map<String, Integer> ids) {
    for (ObjectNode source : List.of(config, map)) {
      JsonNode value = source.path(name);
      String token = value.isObject() ? value.path("content").asText() : value.asText();
      if (!token.isEmpty() && !value.isNull()) {
        Integer id = ids.get(token);
        if (id == null) {
          throw new LlmException(
              "tokenizer_invalid",
              "%s is '%s', which is not a token of %s".formatted(name, token, TOKENIZER));
        }
        return OptionalInt.of(id);
      }
    }
    JsonNode id = generation.path(name + "_id");
    if (id.isArray() && !id.isEmpty()) {
      id = id.get(0);
    }
    return id.isInt() ? OptionalInt.of(id.asInt()) : OptionalInt.empty();
  }

  private static Map<String, String> chatTemplates(Path folder, ObjectNode config) {
    Map<String, String> templates = new LinkedHashMap<>();
    JsonNode inConfig = config.path("chat_template");
    if (inConfig.isTextual()) {
      templates.put(DEFAULT, inConfig.asText());
    } else if (inConfig.isArray()) {
      inConfig.forEach(
          each -> templates.put(each.path("name").asText(), each.path("template").asText()));
    }
    try {
      Path file = folder.resolve(TEMPLATE);
      if (Files.isRegularFile(file)) {
        TokenizerFiles.requireFetched(file);
        templates.put(DEFAULT, Files.readString(file));
      }
      Path more = folder.resolve(MORE_TEMPLATES);
      if (Files.isDirectory(more)) {
        try (Stream<Path> files = Files.list(more)) {
          for (Path each : files.filter(f -> f.toString().endsWith(".jinja")).sorted().toList()) {
            TokenizerFiles.requireFetched(each);
            String name = each.getFileName().toString();
            templates.put(
                name.substring(0, name.length() - ".jinja".length()), Files.readString(each));
          }
        }
      }
    } catch (IOException e) {
      throw new LlmException(
          "tokenizer_unreadable", "cannot read the chat template in " + folder + ": " + e, e);
    }
    return templates;
  }
}
