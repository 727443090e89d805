package io.affinage.dataset.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;

/**
 * One row written as a JSON object (RFC 8259, strictly, but for numbers that are none). Safe for
 * several threads.
 */
final class JsonText {
  private final ObjectReader reader;
  private final ReadLimits limits;
  private final String unknownBytes;

  /**
   * @param unknownBytes what is said of bytes that are not UTF-8
   */
  JsonText(ReadLimits limits, String unknownBytes) {
    this.limits = limits;
    this.unknownBytes = unknownBytes;
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(limits.maxNesting())
                    .maxStringLength(limits.maxRowBytes())
                    .maxNameLength(Math.min(limits.maxRowBytes(), 50_000))
                    .build())
            // Python writes NaN for a number that is none; it hurts only where it is read.
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    this.reader =
        JsonMapper.builder(factory)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            // A number may become text: 1.10 stays 1.10.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build()
            .readerFor(JsonNode.class);
  }

  RawRow row(long line, byte[] bytes, int start, int length) {
    int malformed = Utf8.firstMalformed(bytes, start, start + length);
    if (malformed >= 0) {
      return broken(
          line,
          FaultReason.INVALID_UTF8,
          "byte " + (malformed - start + 1) + " of the row is " + unknownBytes,
          bytes,
          start,
          length);
    }
    JsonNode node;
    try {
      node = read(reader, bytes, start, length);
      if (node == null) {
        return broken(
            line, FaultReason.INVALID_JSON, "text after the row's value", bytes, start, length);
      }
    } catch (MismatchedInputException e) {
      String detail =
          "the key " + keyGivenTwice(bytes, start, length) + " is given twice in one object";
      return broken(line, FaultReason.DUPLICATE_KEY, detail, bytes, start, length);
    } catch (JsonProcessingException e) {
      return broken(
          line, FaultReason.INVALID_JSON, words(e, bytes, start, length), bytes, start, length);
    } catch (IOException e) {
      throw new AssertionError("reading from memory", e);
    }
    if (node.isMissingNode()) {
      return broken(line, FaultReason.EMPTY_ROW, "nothing in the row", bytes, start, length);
    }
    if (!(node instanceof ObjectNode fields)) {
      String found = node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
      return broken(
          line,
          FaultReason.NOT_AN_OBJECT,
          "expected a JSON object, found " + found,
          bytes,
          start,
          length);
    }
    if (allNull(fields)) {
      return broken(line, FaultReason.EMPTY_ROW, "no value in the row", bytes, start, length);
    }
    return new RawRow.Fields(line, fields);
  }

  /** The value, or null where something comes behind it. */
  private JsonNode read(ObjectReader with, byte[] bytes, int start, int length) throws IOException {
    try (JsonParser parser = with.createParser(bytes, start, length)) {
      JsonNode node = with.readTree(parser);
      if (parser.nextToken() != null) {
        return null;
      }
      return node == null ? MissingNode.getInstance() : node;
    } catch (NumberFormatException e) {
      // An exponent that no decimal can have: infinite, or nothing, as a double.
      return read(
          with.without(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS), bytes, start, length);
    }
  }

  RawRow.Broken broken(
      long line, FaultReason reason, String detail, byte[] bytes, int start, int length) {
    return new RawRow.Broken(
        line,
        new RowFault(reason, Excerpt.of(detail, 300)),
        Excerpt.of(bytes, start, length, limits.excerptCharacters()));
  }

  private String words(JsonProcessingException e, byte[] bytes, int start, int length) {
    if (e instanceof StreamConstraintsException) {
      return "the row is nested deeper than "
          + limits.maxNesting()
          + " levels, or has a number or a name that is too long";
    }
    if (e instanceof JsonEOFException) {
      return "the row ends inside a value: a bracket or quote is not closed, or the line is cut";
    }
    if (e.getLocation() == null) {
      return "the row is not JSON";
    }
    int column = Math.max(e.getLocation().getColumnNr(), 1);
    int from = start + Math.max(0, Math.min(column - 16, length - 1));
    String near = Excerpt.of(bytes, from, Math.min(24, start + length - from), 24);
    return "the row is not JSON: column " + column + ", near " + near;
  }

  /** The first key that an object of the row gives twice. */
  private String keyGivenTwice(byte[] bytes, int start, int length) {
    Deque<Set<String>> open = new ArrayDeque<>();
    try (JsonParser parser = reader.createParser(bytes, start, length)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.START_OBJECT) {
          open.push(new HashSet<>());
        } else if (token == JsonToken.END_OBJECT) {
          open.pop();
        } else if (token == JsonToken.FIELD_NAME && !open.element().add(parser.currentName())) {
          return Excerpt.of(parser.currentName(), 60);
        }
      }
    } catch (IOException e) {
      throw new AssertionError("parsed a moment ago", e);
    }
    throw new AssertionError("no key is given twice");
  }

  static boolean allNull(ObjectNode fields) {
    for (Iterator<JsonNode> values = fields.elements(); values.hasNext(); ) {
      if (!values.next().isNull()) {
        return false;
      }
    }
    return true;
  }
}
