package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.dataset.ingest.DatasetVersion;
import io.affinage.dataset.ingest.Ingestion;
import io.affinage.dataset.ingest.IngestionRequest;
import io.affinage.dataset.ingest.RowSource;
import io.affinage.dataset.reading.ReadLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One ingestion into an empty artifact store, with a cold JVM, as a first dataset meets it. */
final class IngestWork {
  private IngestWork() {}

  static ObjectNode run(JsonNode task) throws Exception {
    Path data = Path.of(task.get("data").textValue());
    Path scratch = Files.createTempDirectory(Path.of(task.get("work").textValue()), "ingest");
    try {
      Path work = Files.createDirectory(scratch.resolve("work"));
      Ingestion ingestion =
          new Ingestion(
              new FolderArtifactStore(scratch.resolve("store")), work, ReadLimits.DEFAULT);
      long start = System.nanoTime();
      DatasetVersion version =
          ingestion.ingest(
              new IngestionRequest("bench", null, null, null, null, false),
              new RowSource.File(data, data.getFileName().toString()));
      double seconds = (System.nanoTime() - start) / 1e9;
      return new JsonMapper()
          .createObjectNode()
          .put("megabytesPerSecond", Files.size(data) / 1e6 / seconds)
          .put("seconds", seconds)
          .put("rows", version.report().counts().accepted());
    } finally {
      delete(scratch);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> files = Files.walk(folder)) {
      deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : deepestFirst) {
      Files.delete(file);
    }
  }
}
