package io.affinage.dataset.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Iterator;

/** One row written as a JSON object (RFC 8259, strictly). Safe for several threads. */
final class JsonText {
  private final ObjectReader reader;
  private final ReadLimits limits;

  JsonText(ReadLimits limits) {
    this.limits = limits;
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(limits.maxNesting())
                    .maxStringLength(limits.maxRowBytes())
                    .maxNameLength(Math.min(limits.maxRowBytes(), 50_000))
                    .build())
            .build();
    this.reader =
        JsonMapper.builder(factory)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build()
            .readerFor(JsonNode.class);
  }

  RawRow row(long line, byte[] bytes, int start, int length) {
    int malformed = Utf8.firstMalformed(bytes, start, start + length);
    if (malformed >= 0) {
      return broken(
          line,
          FaultReason.INVALID_UTF8,
          "byte " + (malformed - start + 1) + " of the row is not UTF-8",
          bytes,
          start,
          length);
    }
    JsonNode node;
    try (JsonParser parser = reader.createParser(bytes, start, length)) {
      node = reader.readTree(parser);
      if (parser.nextToken() != null) {
        return broken(
            line, FaultReason.INVALID_JSON, "text after the row's value", bytes, start, length);
      }
    } catch (MismatchedInputException e) {
      return broken(line, FaultReason.DUPLICATE_KEY, e.getOriginalMessage(), bytes, start, length);
    } catch (JsonProcessingException e) {
      String place = e.getLocation() == null ? "" : " (column " + column(e) + ")";
      return broken(
          line, FaultReason.INVALID_JSON, e.getOriginalMessage() + place, bytes, start, length);
    } catch (IOException e) {
      throw new AssertionError("reading from memory", e);
    }
    if (node == null || node.isMissingNode()) {
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

  RawRow.Broken broken(
      long line, FaultReason reason, String detail, byte[] bytes, int start, int length) {
    return new RawRow.Broken(
        line,
        new RowFault(reason, Excerpt.of(detail, 300)),
        Excerpt.of(bytes, start, length, limits.excerptCharacters()));
  }

  private static int column(JsonProcessingException e) {
    return e.getLocation().getColumnNr();
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
