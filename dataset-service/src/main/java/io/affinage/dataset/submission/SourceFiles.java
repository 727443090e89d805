package io.affinage.dataset.submission;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ObjectReader;
import io.affinage.artifacts.SourceObject;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.ingest.RowSource;
import io.affinage.dataset.ingest.StorageException;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Brings the rows of a submission to this machine. */
public final class SourceFiles {
  private final ArtifactStore store;
  private final ObjectReader objects;
  private final Path workFolder;
  private final long maxBytes;

  /**
   * @param workFolder where files from elsewhere lie while they are read
   * @param maxBytes largest file, as it is stored
   */
  public SourceFiles(ArtifactStore store, ObjectReader objects, Path workFolder, long maxBytes) {
    this.store = store;
    this.objects = objects;
    this.workFolder = workFolder;
    this.maxBytes = maxBytes;
  }

  OpenedSource open(DatasetSource source) throws IOException {
    if (source instanceof DatasetSource.Inline inline) {
      return new OpenedSource(new RowSource.Inline(inline.rows()), 0, null);
    }
    if (source instanceof DatasetSource.Stored stored) {
      return stored(stored);
    }
    return copy(((DatasetSource.Reference) source).uri());
  }

  private OpenedSource stored(DatasetSource.Stored stored) throws IOException {
    if (stored.artifact().kind() != ArtifactRef.Kind.FILE) {
      throw new DatasetException(
          "invalid_source", "the artifact is a folder; name a single file", "source.artifact");
    }
    Path file = store.localFile(stored.artifact().digest());
    return new OpenedSource(
        new RowSource.File(file, stored.filename()), checked(Files.size(file)), null);
  }

  /** A snapshot: the producer may go on writing, and S3 is read once. */
  private OpenedSource copy(String uri) throws IOException {
    try (SourceObject object = objects.open(uri)) {
      checked(object.size());
      Path file = temporary();
      try {
        long bytes;
        try (OutputStream out = Files.newOutputStream(file)) {
          bytes = object.content().transferTo(new WorkFile(out));
        }
        return new OpenedSource(new RowSource.File(file, object.name()), checked(bytes), file);
      } catch (IOException | RuntimeException e) {
        Files.deleteIfExists(file);
        throw e;
      }
    }
  }

  private Path temporary() throws IOException {
    try {
      Files.createDirectories(workFolder);
      return Files.createTempFile(workFolder, "source-", "");
    } catch (IOException e) {
      throw new StorageException("the work folder cannot be written", e);
    }
  }

  private long checked(long bytes) {
    if (bytes > maxBytes) {
      throw new DatasetException(
          "dataset_too_large", "the file has " + bytes + " bytes, the limit is " + maxBytes);
    }
    return bytes;
  }

  /** Tells a full disk of ours from a source that fails. */
  private static final class WorkFile extends OutputStream {
    private final OutputStream file;

    private WorkFile(OutputStream file) {
      this.file = file;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        file.write(bytes, from, count);
      } catch (IOException e) {
        throw new StorageException("the work folder cannot be written", e);
      }
    }
  }
}
