package io.affinage.llm.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.error.LlmException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Refuses what the tokenizer engine believes without looking: its native code ends the whole
 * process where an index is wrong, so a file that lies must not reach it.
 */
final class TokenizerCheck {
  private static final int DEEPEST = 32;

  /** Of added tokens that a pattern of the file is tried on, which may be slow on longer ones. */
  private static final int LONGEST_MATCHED = 64;

  private static final long LARGEST_ID = 1 << 28;

  /** Normalizers that leave something of every text that is not empty. */
  private static final Set<String> KEEPING =
      Set.of("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend", "ByteLevel", "Sequence");

  private final JsonNode json;

  private TokenizerCheck(JsonNode json) {
    this.json = json;
  }

  /**
   * @throws LlmException {@code tokenizer_invalid}
   */
  static void require(JsonNode tokenizerJson) {
    new TokenizerCheck(tokenizerJson).check();
  }

  private void check() {
    readable(json, 0);
    JsonNode model = json.path("model");
    if (!model.isObject()) {
      throw invalid("it has no model");
    }
    vocabulary(model.path("vocab"));
    merges(model);
    addedTokens();
    for (String stage : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
      steps(json.path(stage));
    }
  }

  /** The engine gives up on the process, not on the file, where JSON of its own parser's is bad. */
  private static void readable(JsonNode node, int depth) {
    if (depth > DEEPEST) {
      throw invalid("it nests values more than " + DEEPEST + " deep");
    }
    if (node.isTextual()) {
      unicode(node.textValue());
    } else if (node.isBigInteger() || node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw invalid("the number " + shortened(node.toString()) + " is too large");
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        unicode(field.getKey());
        readable(field.getValue(), depth + 1);
      }
    } else {
      for (JsonNode each : node) {
        readable(each, depth + 1);
      }
    }
  }

  private static void unicode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          throw invalid("it has half a surrogate pair in '" + shortened(text) + "'");
        }
        i++;
      }
    }
  }

  private static void vocabulary(JsonNode vocabulary) {
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
        id(token.getValue(), "the id of token '" + shortened(token.getKey()) + "'");
      }
      return;
    }
    for (JsonNode piece : vocabulary) {
      JsonNode score = piece.path(1);
      if (!piece.isArray()
          || !piece.path(0).isTextual()
          || piece.path(0).textValue().isEmpty()
          || !score.isNumber()
          || !Double.isFinite(score.doubleValue())) {
        throw invalid("the vocabulary has an entry that is not a piece and a finite score");
      }
    }
  }

  private static void id(JsonNode id, String what) {
    if (!id.isIntegralNumber() || id.longValue() < 0 || id.longValue() > LARGEST_ID) {
      throw invalid("%s is %s, not a number from 0 to %d".formatted(what, id, LARGEST_ID));
    }
  }

  /** The engine cuts the prefix off the second part of each merge. */
  private static void merges(JsonNode model) {
    String prefix = model.path("continuing_subword_prefix").asText("");
    if (model.path("continuing_subword_prefix").isNull() || prefix.isEmpty()) {
      return;
    }
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isArray()
              ? merge.path(1).asText()
              : merge.asText().substring(merge.asText().indexOf(' ') + 1);
      if (!second.startsWith(prefix)) {
        throw invalid(
            "the merge %s does not continue with '%s', as continuing_subword_prefix says"
                .formatted(shortened(merge.toString()), prefix));
      }
    }
  }

  private void addedTokens() {
    boolean vanishes = deletes(json.path("normalizer"));
    for (JsonNode token : json.path("added_tokens")) {
      if (!token.path("content").isTextual()) {
        throw invalid("an added token has no content");
      }
      String content = token.path("content").textValue();
      id(token.path("id"), "the id of added token '" + shortened(content) + "'");
      if (content.isEmpty()
          || vanishes && token.path("normalized").asBoolean() && !lasts(content)) {
        throw invalid(
            "nothing of added token '%s' is left to be found in a text".formatted(content));
      }
    }
  }

  /** Whether a normalizer can leave nothing of a text. */
  private static boolean deletes(JsonNode step) {
    for (JsonNode each : step.path("normalizers")) {
      if (deletes(each)) {
        return true;
      }
    }
    String type = step.path("type").asText();
    boolean replaces = type.equals("Replace") && !step.path("content").asText().isEmpty();
    return step.isObject() && !replaces && !KEEPING.contains(type);
  }

  /**
   * Whether something of a text is left by every normalizer: a character that none of them deletes,
   * which is a letter, digit, sign or mark of its own, not one that accents, spaces or controls
   * come of, nor one that a replacement by nothing takes away.
   */
  private boolean lasts(String content) {
    return replacedByNothing(json.path("normalizer"), content)
        .codePoints()
        .anyMatch(TokenizerCheck::lasts);
  }

  private static boolean lasts(int point) {
    if (point < 0x7F) {
      return point > ' ';
    }
    return point != 0xFFFD
        && switch (Character.getType(point)) {
          case Character.UPPERCASE_LETTER,
              Character.LOWERCASE_LETTER,
              Character.TITLECASE_LETTER,
              Character.OTHER_LETTER,
              Character.DECIMAL_DIGIT_NUMBER,
              Character.LETTER_NUMBER,
              Character.OTHER_NUMBER,
              Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION,
              Character.MATH_SYMBOL,
              Character.CURRENCY_SYMBOL,
              Character.OTHER_SYMBOL ->
              true;
          default -> false;
        };
  }

  /** A text without what replacements by nothing take away, in any order. */
  private static String replacedByNothing(JsonNode step, String text) {
    String left = text;
    for (JsonNode each : step.path("normalizers")) {
      left = replacedByNothing(each, left);
    }
    if (step.path("type").asText().equals("Replace") && step.path("content").asText().isEmpty()) {
      JsonNode pattern = step.path("pattern");
      if (pattern.has("String")) {
        return pattern.path("String").asText().isEmpty()
            ? left
            : left.replace(pattern.path("String").asText(), "");
      }
      if (left.length() > LONGEST_MATCHED) {
        return left;
      }
      try {
        return Pattern.compile(pattern.path("Regex").asText()).matcher(left).replaceAll("");
      } catch (PatternSyntaxException e) {
        return left; // of the engine's own syntax
      }
    }
    return left;
  }

  /** Every step of a stage, sequences within sequences included. */
  private static void steps(JsonNode step) {
    for (String list : List.of("normalizers", "pretokenizers", "processors", "decoders")) {
      step.path(list).forEach(TokenizerCheck::steps);
    }
    // The engine takes a template by its fields, whatever its type says.
    if (step.has("single") || step.has("pair")) {
      template(step);
    }
  }

  /** The engine looks special tokens up by name while it encodes. */
  private static void template(JsonNode step) {
    JsonNode known = step.path("special_tokens");
    for (String list : List.of("single", "pair")) {
      for (JsonNode piece : step.path(list)) {
        JsonNode special = piece.path("SpecialToken");
        if (special.isObject() && !known.path(special.path("id").asText()).isObject()) {
          throw invalid(
              "the template puts '%s' around texts, which special_tokens does not have"
                  .formatted(shortened(special.path("id").asText())));
        }
      }
    }
    for (JsonNode token : known) {
      if (token.path("ids").size() != token.path("tokens").size()) {
        throw invalid("an entry of special_tokens has another number of ids than of tokens");
      }
      token.path("ids").forEach(id -> id(id, "an id of special_tokens"));
    }
  }

  private static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  private static LlmException invalid(String problem) {
    return new LlmException("tokenizer_invalid", "tokenizer.json: " + problem);
  }
}
