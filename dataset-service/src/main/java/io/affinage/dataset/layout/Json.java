package io.affinage.dataset.layout;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.dataset.reading.ReadLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** JSON inside a row: as text that is parsed, or as values that are stored. */
final class Json {
  private static final ObjectReader READER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(ReadLimits.DEFAULT.maxNesting())
                          .maxStringLength(ReadLimits.DEFAULT.maxRowBytes())
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build()
          .readerFor(JsonNode.class);
  private static final ObjectReader SEQUENCE =
      READER.without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /**
   * The value that the text writes.
   *
   * @throws BadRow with the reason when the text is not one JSON value
   */
  static JsonNode parse(String text, FaultReason reason, String where) throws BadRow {
    try {
      return READER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new BadRow(reason, where + " is text that is not JSON");
    } catch (NumberFormatException e) {
      throw new BadRow(reason, where + " holds a number beyond its range");
    }
  }

  /** The values that the text writes one behind the other; empty where it is not JSON. */
  static List<JsonNode> sequence(String text) {
    List<JsonNode> values = new ArrayList<>();
    try (MappingIterator<JsonNode> all = SEQUENCE.readValues(text)) {
      while (all.hasNextValue()) {
        values.add(all.nextValue());
      }
      return values;
    } catch (IOException | NumberFormatException e) {
      return List.of();
    }
  }

  /** Whether it is a number that fits a double. */
  static boolean finite(JsonNode value) {
    return value.isNumber() && (value.isIntegralNumber() || Double.isFinite(value.doubleValue()));
  }

  /**
   * Fails when the value cannot be stored as JSON: numbers beyond their range or none, text that no
   * encoding can carry.
   */
  static void requireStorable(JsonNode value, FaultReason reason, String where) throws BadRow {
    if (value.isNumber() && !finite(value)) {
      throw new BadRow(reason, where + " holds a number beyond its range or none (NaN)");
    }
    if (value.isTextual() && !encodable(value.textValue())) {
      throw new BadRow(FaultReason.INVALID_UNICODE, where + " has half of a surrogate pair");
    }
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> member : value.properties()) {
        if (!encodable(member.getKey())) {
          throw new BadRow(FaultReason.INVALID_UNICODE, where + " has half of a surrogate pair");
        }
        requireStorable(member.getValue(), reason, where);
      }
    } else if (value.isArray()) {
      for (JsonNode element : value) {
        requireStorable(element, reason, where);
      }
    }
  }

  /** Whether the text has no half of a surrogate pair. */
  static boolean encodable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isLowSurrogate(c)
          || i + 1 == text.length()
          || !Character.isLowSurrogate(text.charAt(++i))) {
        return false;
      }
    }
    return true;
  }
}
