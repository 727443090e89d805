package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a training of several processes said, one JSON object a line, written as it comes, so that a
 * benchmark that was cut off goes on with it.
 */
final class StepLog {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final List<JsonNode> events = new ArrayList<>();

  StepLog(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.endsWith("}")) { // The last one may be cut.
          events.add(JSON.readTree(line));
        }
      }
    }
  }

  void add(ObjectNode event) throws IOException {
    events.add(event);
    Files.writeString(file, event + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The last event of a kind. */
  Optional<JsonNode> last(String kind) {
    return events.stream().filter(each -> is(each, kind)).reduce((a, b) -> b);
  }

  /** The steps in order; of one that was made again the last. */
  List<JsonNode> steps() {
    TreeMap<Integer, JsonNode> steps = new TreeMap<>();
    events.stream()
        .filter(each -> is(each, "step"))
        .forEach(each -> steps.put(each.get("step").intValue(), each));
    return List.copyOf(steps.values());
  }

  /** The largest number of this name in any event; 0 without. */
  long most(String field) {
    return events.stream().mapToLong(each -> each.path(field).longValue()).max().orElse(0);
  }

  private static boolean is(JsonNode event, String kind) {
    return event.path("event").asText().equals(kind);
  }
}
