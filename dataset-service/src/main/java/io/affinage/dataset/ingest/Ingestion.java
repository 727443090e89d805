package io.affinage.dataset.ingest;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.dataset.reading.Rows;
import io.affinage.events.DatasetCounts;
import io.affinage.events.NameRule;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes a dataset version of rows: reads, normalises, removes exact duplicates, splits and stores.
 * One pass, in memory of some bytes a row. The same input gives the same bytes, so the same digest.
 * Safe for several threads.
 */
public final class Ingestion {
  private final ArtifactStore store;
  private final Path workFolder;
  private final ReadLimits limits;
  private final int threads;

  /**
   * @param workFolder where files lie until they are stored
   * @param threads that prepare the rows of one dataset, at least 1
   */
  public Ingestion(ArtifactStore store, Path workFolder, ReadLimits limits, int threads) {
    this.store = store;
    this.workFolder = workFolder;
    this.limits = limits;
    this.threads = threads;
  }

  /**
   * @throws RejectedDatasetException when the dataset is of no use; says why and what was read
   * @throws StorageException when the result cannot be written; trying again may work
   * @throws IOException when the source cannot be read; trying again may work
   */
  public DatasetVersion ingest(IngestionRequest request, RowSource source)
      throws IOException, RejectedDatasetException {
    IngestionPass pass = null;
    try {
      requireName(request.name());
      Splitter splitter = new Splitter(request.split());
      try (VersionWriter writer = newWriter()) {
        pass = new IngestionPass(request, splitter, writer, limits, threads);
        Rows rows = source.open(request.form(), limits);
        try (var reader = rows.reader()) {
          pass.run(reader);
        }
        return pass.store(rows.format(), store);
      }
    } catch (DatasetException e) {
      DatasetCounts counts = pass == null || pass.counts().read() == 0 ? null : pass.counts();
      throw new RejectedDatasetException(e.detail(), counts, e);
    }
  }

  private VersionWriter newWriter() throws StorageException {
    try {
      return new VersionWriter(workFolder);
    } catch (IOException e) {
      throw new StorageException("the work folder cannot be written", e);
    }
  }

  private static void requireName(String name) {
    if (!NameRule.NAME.allows(name)) {
      throw new DatasetException("invalid_name", "name must be " + NameRule.NAME.words(), "name");
    }
  }
}
