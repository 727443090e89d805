package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.FileKind;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * JSON files of a model folder, read so that nothing in them is overlooked: no duplicate fields,
 * nothing after the end.
 */
final class StrictJson {

  private static final long MAX_BYTES = 256L << 20;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // Python's json writes NaN and Infinity bare.
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * A file that holds one JSON object.
   *
   * @param code the error's code if it does not
   */
  static ObjectNode object(Path file, String code) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new LlmException(
            code, "%s has %d bytes, which no such file needs".formatted(file, Files.size(file)));
      }
      JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
      if (!(node instanceof ObjectNode object)) {
        throw new LlmException(code, file + " does not hold a JSON object");
      }
      return object;
    } catch (JsonProcessingException e) {
      String what =
          FileKind.foreign(file, FileKind.JSON)
              .orElseGet(() -> "%s is not valid JSON: %s".formatted(file, describe(e)));
      throw new LlmException(code, what, e);
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_unreadable", "%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** What is wrong and where, without quoting the source. */
  static String describe(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    return e.getOriginalMessage() + where;
  }
}
