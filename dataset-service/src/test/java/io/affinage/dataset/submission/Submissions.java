package io.affinage.dataset.submission;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.artifacts.ObjectReader;
import io.affinage.artifacts.S3Endpoint;
import io.affinage.dataset.ingest.Ingestion;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventData;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRowReader;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Hands files in as producers do, without Kafka around it. */
final class Submissions {
  private final Path folder;
  private final ArtifactStore store;
  private final SubmissionHandler handler;

  Submissions(Path folder) throws IOException {
    this.folder = folder;
    this.store = ArtifactStores.open(folder.resolve("store").toString());
    ObjectReader objects = new ObjectReader(Optional.empty(), Set.of(), S3Endpoint.defaults());
    Path work = folder.resolve("work");
    this.handler =
        new SubmissionHandler(
            new Ingestion(store, work, ReadLimits.DEFAULT, 2),
            new SourceFiles(store, objects, work, 1L << 30),
            new RetryPolicy(1, Duration.ZERO));
  }

  Submission of(Path file) throws IOException {
    return new Submission(file);
  }

  Submission of(String name, byte[] content) throws IOException {
    return new Submission(Files.write(folder.resolve(name), content));
  }

  Submission of(String name, String content) throws IOException {
    return of(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The rows of all splits. */
  List<NormalRow> rows(DatasetReady ready) throws IOException {
    List<NormalRow> rows = new ArrayList<>();
    for (String split : ready.splits().keySet()) {
      try (NormalRowReader reader =
          new NormalRowReader(store.open(ready.dataset().digest(), split + ".jsonl"))) {
        for (NormalRow row = reader.next(); row != null; row = reader.next()) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  /** The lines of {@code quarantine.jsonl}. */
  String quarantine(DatasetReady ready) throws IOException {
    try (var in = store.open(ready.dataset().digest(), "quarantine.jsonl")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** One submission. */
  final class Submission {
    private final Path file;
    private DatasetFormat format = DatasetFormat.AUTO;
    private String encoding;
    private String separator;
    private KeptAnswers keep;
    private boolean strict;
    private List<Stage> stages = List.of();

    Submission(Path file) {
      this.file = file;
    }

    Submission format(DatasetFormat named) {
      this.format = named;
      return this;
    }

    Submission encoding(String named) {
      this.encoding = named;
      return this;
    }

    Submission separator(String named) {
      this.separator = named;
      return this;
    }

    Submission keep(KeptAnswers wanted) {
      this.keep = wanted;
      return this;
    }

    Submission strict() {
      this.strict = true;
      return this;
    }

    Submission stages(Stage... wanted) {
      this.stages = List.of(wanted);
      return this;
    }

    /** What the producer is told in the end: ready or rejected. */
    EventData end() throws IOException, InterruptedException {
      Artifact artifact = store.putFile(file);
      ArtifactRef ref = new ArtifactRef(artifact.digest(), ArtifactRef.Kind.FILE, artifact.size());
      Outcome outcome =
          handler.handle(
              new DatasetSubmitted(
                  "s",
                  "d",
                  new DatasetSource.Stored(ref, file.getFileName().toString(), null, null),
                  format,
                  DatasetLayout.AUTO,
                  null,
                  strict,
                  new RoutingSlip("r", stages),
                  encoding,
                  separator,
                  keep));
      return outcome instanceof Outcome.Ready ready
          ? ready.event()
          : ((Outcome.Rejected) outcome).event();
    }
  }
}
