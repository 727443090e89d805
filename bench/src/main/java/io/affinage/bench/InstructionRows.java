package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The rows of an instruction data set: a JSON array of instruction, input, output. */
public final class InstructionRows {
  private static final JsonMapper JSON = new JsonMapper();

  private InstructionRows() {}

  /**
   * One row as a turn of conversation.
   *
   * @param prompt what the user says
   * @param answer what shall be learned
   */
  public record Row(String prompt, String answer) {}

  /** The first rows of a file, at most {@code limit}. */
  public static List<Row> read(Path file, int limit) {
    JsonNode array;
    try {
      array = JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new BenchException("the data " + file + " cannot be read: " + e.getMessage());
    }
    if (!array.isArray() || array.isEmpty()) {
      throw new BenchException("the data " + file + " is not a JSON array of rows");
    }
    List<Row> rows = new ArrayList<>();
    for (JsonNode row : array) {
      if (rows.size() == limit) {
        break;
      }
      if (!row.path("instruction").isTextual() || !row.path("output").isTextual()) {
        throw new BenchException(
            "row " + rows.size() + " of " + file + " has no instruction and output");
      }
      String input = row.path("input").asText("");
      String instruction = row.get("instruction").textValue();
      rows.add(
          new Row(
              input.isEmpty() ? instruction : instruction + "\n" + input,
              row.get("output").textValue()));
    }
    return rows;
  }
}
