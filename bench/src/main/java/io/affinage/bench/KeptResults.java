package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What pieces of work gave, kept in the work folder by their tasks, so that a benchmark which was
 * cut off goes on where it was.
 */
record KeptResults(Path work) {
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * What an earlier run has kept of the same task, or what it gives now; faults are not kept.
   *
   * @param side {@code ours} or {@code peer}
   */
  RunResults of(String side, String name, ObjectNode task, Supplier<JsonNode> run) {
    Optional<RunResults> earlier = find(side, name, task);
    if (earlier.isPresent()) {
      return earlier.get();
    }
    JsonNode result = run.get();
    if (!result.has("error")) {
      Path file = file(side, name, task);
      try {
        Path part = Files.createTempFile(work, name, ".part");
        Files.writeString(part, result.toString());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new BenchException("the result " + file + " cannot be kept: " + e.getMessage());
      }
    }
    return Sides.answer(result, side);
  }

  /** What an earlier run has kept of the same task. */
  Optional<RunResults> find(String side, String name, ObjectNode task) {
    Path file = file(side, name, task);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Sides.answer(JSON.readTree(file.toFile()), side));
    } catch (IOException e) {
      throw new BenchException(
          "the kept result %s cannot be read (%s): remove it".formatted(file, e.getMessage()));
    }
  }

  private Path file(String side, String name, ObjectNode task) {
    return work.resolve("%s-%s-%08x.json".formatted(name, side, task.toString().hashCode()));
  }
}
