package io.affinage.llm.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.FileKind;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the JSON files of a tokenizer. */
final class TokenizerFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerFiles() {}

  static ObjectNode objectIfThere(Path file) {
    return Files.isRegularFile(file) ? object(file) : JSON.createObjectNode();
  }

  /**
   * Refuses what stands for a file of text or of another format that was not fetched.
   *
   * @throws LlmException {@code tokenizer_invalid}
   */
  static void requireFetched(Path file) {
    FileKind kind = FileKind.of(file);
    if (kind == FileKind.LFS_POINTER || kind == FileKind.WEB_PAGE) {
      throw new LlmException("tokenizer_invalid", "%s is %s".formatted(file, kind.what()));
    }
  }

  /**
   * @throws LlmException {@code tokenizer_invalid}, {@code tokenizer_unreadable}
   */
  static ObjectNode object(Path file) {
    try {
      if (JSON.readTree(file.toFile()) instanceof ObjectNode object) {
        return object;
      }
      throw new LlmException("tokenizer_invalid", file + " is not a JSON object");
    } catch (JsonProcessingException e) {
      String what =
          FileKind.foreign(file, FileKind.JSON)
              .orElseGet(
                  () ->
                      "%s is not JSON: %s at line %d"
                          .formatted(
                              file,
                              e.getOriginalMessage(),
                              e.getLocation() == null ? 0 : e.getLocation().getLineNr()));
      throw new LlmException("tokenizer_invalid", what, e);
    } catch (IOException e) {
      throw new LlmException("tokenizer_unreadable", "cannot read " + file + ": " + e, e);
    }
  }
}
