package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pairs of answers: a JSON array of instruction, input, chosen, rejected. */
public final class PreferenceRows {
  private static final JsonMapper JSON = new JsonMapper();

  private PreferenceRows() {}

  /**
   * One pair after what the user says.
   *
   * @param prompt what the user says
   */
  public record Row(String prompt, String chosen, String rejected) {}

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
      for (String field : List.of("instruction", "chosen", "rejected")) {
        if (!row.path(field).isTextual()) {
          throw new BenchException("row " + rows.size() + " of " + file + " has no " + field);
        }
      }
      String input = row.path("input").asText("");
      String instruction = row.get("instruction").textValue();
      rows.add(
          new Row(
              input.isEmpty() ? instruction : instruction + "\n" + input,
              row.get("chosen").textValue(),
              row.get("rejected").textValue()));
    }
    return rows;
  }
}
