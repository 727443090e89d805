package io.affinage.dataset.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** Tells the format of a file from its first bytes, with its name as a hint. */
final class FormatDetection {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Set<String> KNOWN_COLUMNS =
      Set.of(
          "prompt",
          "completion",
          "instruction",
          "input",
          "output",
          "messages",
          "conversations",
          "chosen",
          "rejected",
          "label",
          "system",
          "text");
  private static final Set<String> WRAPPERS = Set.of("data", "rows", "examples", "instances");

  private FormatDetection() {}

  /**
   * @param head the first bytes of the file, unpacked
   * @param whole whether these are all of them
   * @throws DatasetException when it cannot be told
   */
  static DatasetFormat of(byte[] head, boolean whole, String filename) {
    if (head.length >= 4 && new String(head, 0, 4, StandardCharsets.ISO_8859_1).equals("PAR1")) {
      return DatasetFormat.PARQUET;
    }
    DatasetFormat named = byName(filename);
    if (named == DatasetFormat.PARQUET || named == DatasetFormat.TEXT) {
      return named;
    }
    String text = new String(head, StandardCharsets.UTF_8);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    String body = text.stripLeading();
    if (named == DatasetFormat.CSV) {
      return named;
    }
    if (named == DatasetFormat.JSONL) {
      return body.startsWith("[") && !arrayALine(body) ? DatasetFormat.JSON : named;
    }
    if (body.startsWith("[")) {
      return DatasetFormat.JSON;
    }
    if (body.startsWith("{")) {
      return objects(body, whole, named);
    }
    if (named != null) {
      return named;
    }
    if (body.isEmpty()) {
      throw new DatasetException("empty_file", "the file is empty");
    }
    String line = body.lines().findFirst().orElse("");
    if (line.indexOf('\0') < 0
        && line.chars().anyMatch(c -> ",;\t|".indexOf(c) >= 0)
        && looksLikeHeader(line)) {
      return DatasetFormat.CSV;
    }
    throw new DatasetException(
        "unknown_format",
        "the format cannot be told from the start of the file ("
            + Excerpt.of(line, 60)
            + "); name it: JSONL, JSON, CSV, PARQUET or TEXT",
        "format");
  }

  private static DatasetFormat byName(String filename) {
    String name = unpackedName(filename);
    int dot = name.lastIndexOf('.');
    return switch (dot < 0 ? "" : name.substring(dot + 1)) {
      case "jsonl", "ndjson" -> DatasetFormat.JSONL;
      case "json" -> DatasetFormat.JSON;
      case "csv", "tsv", "tab" -> DatasetFormat.CSV;
      case "parquet" -> DatasetFormat.PARQUET;
      case "txt", "md" -> DatasetFormat.TEXT;
      default -> null;
    };
  }

  static String unpackedName(String filename) {
    String name = filename == null ? "" : filename.toLowerCase(Locale.ROOT);
    return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
  }

  /** An object first: the first of many lines, or one object around an array of rows. */
  private static DatasetFormat objects(String body, boolean whole, DatasetFormat named) {
    int lineEnd = body.indexOf('\n');
    String line = lineEnd < 0 ? body : body.substring(0, lineEnd);
    String rest = lineEnd < 0 ? "" : body.substring(lineEnd + 1).stripLeading();
    if (lineEnd < 0 && !whole) {
      return named == null ? DatasetFormat.JSONL : named;
    }
    if (!rest.isEmpty()) {
      // Rows follow each other at the start of a line; an indented document goes on with a key.
      return completeObject(line) || rest.startsWith("{")
          ? DatasetFormat.JSONL
          : DatasetFormat.JSON;
    }
    return wrapsRows(line) ? DatasetFormat.JSON : DatasetFormat.JSONL;
  }

  /** Whether the first of several lines is an array by itself, so that no array goes around all. */
  private static boolean arrayALine(String body) {
    int lineEnd = body.indexOf('\n');
    return lineEnd >= 0
        && !body.substring(lineEnd).isBlank()
        && complete(body.substring(0, lineEnd), JsonToken.END_ARRAY);
  }

  private static boolean completeObject(String text) {
    return complete(text, JsonToken.END_OBJECT);
  }

  private static boolean complete(String text, JsonToken end) {
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      parser.skipChildren();
      return parser.currentToken() == end && parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean wrapsRows(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        if (parser.nextToken() == JsonToken.START_ARRAY && WRAPPERS.contains(key)) {
          return true;
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      return false;
    }
    return false;
  }

  /** Without a name to go by, prose with a comma must not pass for a header. */
  private static boolean looksLikeHeader(String line) {
    return Arrays.stream(line.split("[,;|\t]", -1))
        .map(name -> name.replace("\"", "").strip())
        .anyMatch(KNOWN_COLUMNS::contains);
  }
}
