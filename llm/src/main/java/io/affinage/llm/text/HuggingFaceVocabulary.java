package io.affinage.llm.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes a Hugging Face {@code tokenizer.json} as the metadata of a GGUF file. */
final class HuggingFaceVocabulary {
  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private final TokenizerDefinition definition;
  private final JsonNode json;

  private HuggingFaceVocabulary(TokenizerDefinition definition) {
    this.definition = definition;
    this.json = definition.json();
  }

  /**
   * @throws LlmException {@code unsupported_tokenizer}, {@code unsupported_pre_tokenizer} for one
   *     that GGUF cannot say
   */
  static GgufVocabulary of(TokenizerDefinition definition) {
    return new HuggingFaceVocabulary(definition).vocabulary();
  }

  private GgufVocabulary vocabulary() {
    JsonNode model = json.path("model");
    if (!model.path("type").asText("BPE").equals("BPE")) {
      throw unsupported("only BPE can be written");
    }
    return model.path("byte_fallback").asBoolean()
        ? sentencePiece(model)
        : vocabulary(
            GgufVocabulary.BYTE_LEVEL,
            Optional.of(PreTokenizer.matching(json).ggufName()),
            types(),
            merges(model.path("merges")),
            List.of(),
            Optional.of(false));
  }

  private GgufVocabulary sentencePiece(JsonNode model) {
    boolean prefix = json.path("normalizer").equals(SentencePieceJson.normalizer(true));
    boolean plain = json.path("normalizer").equals(SentencePieceJson.normalizer(false));
    JsonNode pre = json.path("pre_tokenizer");
    if (!prefix && !plain || !pre.isNull() && !pre.isMissingNode()) {
      throw unsupported("it prepares texts otherwise than SentencePiece in llama.cpp");
    }
    List<Integer> types = new ArrayList<>(types());
    List<String> tokens = tokens();
    for (int id = 0; id < types.size(); id++) {
      if (types.get(id) == NORMAL && BYTE_TOKEN.matcher(tokens.get(id)).matches()) {
        types.set(id, BYTE);
      }
    }
    JsonNode unknown = model.path("unk_token");
    if (unknown.isTextual() && tokens.contains(unknown.asText())) {
      types.set(tokens.indexOf(unknown.asText()), UNKNOWN);
    }
    return vocabulary(
        GgufVocabulary.SENTENCE_PIECE,
        Optional.of("default"),
        types,
        List.of(),
        scores(tokens, types, model.path("merges")),
        Optional.of(prefix));
  }

  /** Scores that order merges as the list does. */
  private static List<Float> scores(List<String> tokens, List<Integer> types, JsonNode merges) {
    List<String> joined = new ArrayList<>();
    Map<String, Float> rank = new HashMap<>();
    for (JsonNode merge : merges) {
      String piece =
          merge.isArray()
              ? merge.path(0).asText() + merge.path(1).asText()
              : merge.asText().replaceFirst(" ", "");
      joined.add(piece);
      rank.putIfAbsent(piece, -1f - rank.size());
    }
    List<Float> scores = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      float last = types.get(id) == NORMAL ? -1f - rank.size() : 0;
      scores.add(rank.getOrDefault(tokens.get(id), last));
    }
    List<String> derived =
        SentencePieceMerges.of(tokens, types, scores).stream()
            .map(SentencePieceMerges.Merge::joined)
            .toList();
    if (!derived.equals(joined)) {
      throw unsupported("its merges do not follow from scores, as those of SentencePiece do");
    }
    return scores;
  }

  private GgufVocabulary vocabulary(
      String kind,
      Optional<String> pre,
      List<Integer> types,
      List<String> merges,
      List<Float> scores,
      Optional<Boolean> addSpacePrefix) {
    SpecialTokens special = definition.specialTokens();
    Set<Integer> more = new LinkedHashSet<>(special.stops());
    special.eos().ifPresent(more::remove);
    List<String> tokens = tokens();
    List<String> around = around();
    return new GgufVocabulary(
        kind,
        pre,
        tokens,
        types,
        merges,
        scores,
        special.bos(),
        special.eos(),
        more,
        special.unk(),
        special.pad(),
        Optional.of(adds(around, 0, special.bos(), tokens)),
        Optional.of(adds(around, 1, special.eos(), tokens)),
        addSpacePrefix,
        Optional.ofNullable(definition.chatTemplates().get(TokenizerDefinition.DEFAULT)));
  }

  private List<String> tokens() {
    Map<String, Integer> ids = TokenizerDefinition.idsByToken(definition.json());
    int size = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
    String[] tokens = new String[size];
    ids.forEach((token, id) -> tokens[id] = token);
    for (int id = 0; id < size; id++) {
      if (tokens[id] == null) {
        tokens[id] = hole(id, ids.keySet());
      }
    }
    return Arrays.asList(tokens);
  }

  private static String hole(int id, Set<String> taken) {
    String name = "[PAD" + id + "]";
    while (taken.contains(name)) {
      name = "[" + name + "]";
    }
    return name;
  }

  private List<Integer> types() {
    Integer[] types = new Integer[tokens().size()];
    Arrays.fill(types, UNUSED);
    TokenizerDefinition.idsByToken(definition.json()).values().forEach(id -> types[id] = NORMAL);
    json.path("added_tokens")
        .forEach(
            token ->
                types[token.path("id").asInt()] =
                    token.path("special").asBoolean() ? CONTROL : USER_DEFINED);
    return List.of(types);
  }

  private static List<String> merges(JsonNode merges) {
    List<String> lines = new ArrayList<>(merges.size());
    for (JsonNode merge : merges) {
      lines.add(
          merge.isArray() ? merge.get(0).asText() + " " + merge.get(1).asText() : merge.asText());
    }
    return lines;
  }

  /** What stands before and after a text: two lists of token texts joined, empty for none. */
  private List<String> around() {
    JsonNode processor = json.path("post_processor");
    if (processor.path("type").asText().equals("Sequence")) {
      JsonNode template = null;
      for (JsonNode each : processor.path("processors")) {
        if (!each.path("type").asText().equals("ByteLevel")) {
          template = each;
        }
      }
      processor = template == null ? json.path("absent") : template;
    }
    String type = processor.path("type").asText();
    if (processor.isMissingNode() || processor.isNull() || type.equals("ByteLevel")) {
      return List.of("", "");
    }
    if (!type.equals("TemplateProcessing")) {
      throw unsupported("a post-processor of type '%s' cannot be written".formatted(type));
    }
    StringBuilder[] sides = {new StringBuilder(), new StringBuilder()};
    int side = 0;
    for (JsonNode piece : processor.path("single")) {
      if (piece.has("Sequence")) {
        side = 1;
      } else {
        sides[side].append(piece.path("SpecialToken").path("id").asText());
      }
    }
    return List.of(sides[0].toString(), sides[1].toString());
  }

  private static boolean adds(List<String> around, int side, OptionalInt id, List<String> tokens) {
    String text = around.get(side);
    if (text.isEmpty()) {
      return false;
    }
    if (id.isEmpty() || !tokens.get(id.getAsInt()).equals(text)) {
      throw unsupported("'%s' is put around texts, which cannot be written".formatted(text));
    }
    return true;
  }

  private static LlmException unsupported(String problem) {
    return new LlmException("unsupported_tokenizer", "this tokenizer has no GGUF form: " + problem);
  }
}
