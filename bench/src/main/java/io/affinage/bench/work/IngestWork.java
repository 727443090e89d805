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
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Ingestions, each into an empty artifact store: the first with a cold JVM, as a first dataset
 * meets it, the last as a service that has been running does it.
 */
final class IngestWork {
  private static final int TIMES = 3;

  private IngestWork() {}

  static ObjectNode run(JsonNode task) throws Exception {
    Path data = Path.of(task.get("data").textValue());
    ObjectNode result = new JsonMapper().createObjectNode();
    for (int i = 0; i < TIMES; i++) {
      try (Scratch scratch = Scratch.below(Path.of(task.get("work").textValue()))) {
        long start = System.nanoTime();
        DatasetVersion version = ingest(task, data, scratch.path());
        double seconds = (System.nanoTime() - start) / 1e9;
        result.put(
            i == 0 ? "megabytesPerSecond" : "warmMegabytesPerSecond",
            Files.size(data) / 1e6 / seconds);
        result.put("rows", version.report().counts().accepted());
      }
    }
    return result;
  }

  private static DatasetVersion ingest(JsonNode task, Path data, Path scratch) throws Exception {
    Ingestion ingestion =
        new Ingestion(
            new FolderArtifactStore(scratch.resolve("store")),
            scratch.resolve("work"),
            ReadLimits.DEFAULT,
            task.get("threads").intValue());
    return ingestion.ingest(
        IngestionRequest.detected("bench"),
        new RowSource.File(data, data.getFileName().toString()));
  }
}
