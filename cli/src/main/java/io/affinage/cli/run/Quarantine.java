package io.affinage.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.DatasetReady;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A dataset's bad rows for people: the first of them with place and reason, and where all are. */
final class Quarantine {
  /** Enough to see what is wrong with a file; a file of the wrong kind has as many as rows. */
  private static final int SHOWN = 3;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Quarantine() {}

  /** Nothing when no row is bad. */
  static List<String> lines(DatasetReady ready, ArtifactStore store) throws IOException {
    long count = ready.counts().quarantined();
    List<String> lines = new ArrayList<>();
    if (count == 0) {
      return lines;
    }
    String digest = ready.dataset().digest();
    try (BufferedReader rows =
        new BufferedReader(
            new InputStreamReader(
                store.open(digest, "quarantine.jsonl"), StandardCharsets.UTF_8))) {
      for (String row = rows.readLine();
          row != null && lines.size() < SHOWN;
          row = rows.readLine()) {
        lines.add(line(row));
      }
    }
    if (count > lines.size()) {
      lines.add("%,d more in quarantine.jsonl of %s".formatted(count - lines.size(), digest));
    }
    return lines;
  }

  private static String line(String row) throws JsonProcessingException {
    JsonNode fault = JSON.readTree(row);
    return "row %,d, line %,d: %s [%s]"
        .formatted(
            fault.path("row").longValue(),
            fault.path("line").longValue(),
            fault.path("detail").asText(),
            fault.path("reason").asText());
  }
}
