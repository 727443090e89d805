package io.affinage.dataset.config;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.artifacts.ObjectReader;
import io.affinage.artifacts.S3Endpoint;
import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.ingest.Ingestion;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.dataset.submission.RetryPolicy;
import io.affinage.dataset.submission.SourceFiles;
import io.affinage.dataset.submission.SubmissionHandler;
import io.affinage.events.EventFactory;
import io.affinage.service.WorkFolder;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes the domain objects. */
final class DatasetAssembly {

  @Produces
  @Singleton
  ArtifactStore store(
      // No mapping: one on this prefix would claim every other affinage property.
      @ConfigProperty(name = "affinage.artifacts") String location) {
    try {
      return ArtifactStores.open(location);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Produces
  @Singleton
  ObjectReader objects(DatasetConfig config) {
    DatasetConfig.S3 s3 = config.s3();
    return new ObjectReader(
        config.fileRoot(),
        config.s3Buckets().orElse(Set.of()),
        new S3Endpoint(s3.endpoint(), s3.region(), s3.pathStyle()));
  }

  void close(@Disposes ObjectReader objects) {
    objects.close();
  }

  @Produces
  @Singleton
  SubmissionHandler handler(DatasetConfig config, ArtifactStore store, ObjectReader objects) {
    long maxBytes = config.maxDataset().asLongValue();
    int maxRow = Math.toIntExact(Math.min(config.maxRow().asLongValue(), 1L << 30));
    ReadLimits limits =
        new ReadLimits(maxRow, maxBytes, config.excerpt(), ReadLimits.DEFAULT.maxNesting());
    Path work = WorkFolder.of(config.workFolder(), "affinage-dataset");
    return new SubmissionHandler(
        new Ingestion(store, work, limits, Runtime.getRuntime().availableProcessors()),
        new SourceFiles(store, objects, work, maxBytes),
        new RetryPolicy(config.retry().attempts(), config.retry().pause()));
  }

  @Produces
  @Singleton
  Catalog catalog() {
    return new Catalog(InstantSource.system());
  }

  @Produces
  @Singleton
  EventFactory events() {
    return new EventFactory("/affinage/dataset-service", Clock.systemUTC());
  }
}
