package io.affinage.dataset.ingest;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A folder store and short ways to read what lies in it. */
final class StoredFiles {
  private final ArtifactStore store;

  StoredFiles(Path folder) {
    try {
      this.store = ArtifactStores.open(folder.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ArtifactStore store() {
    return store;
  }

  String text(DatasetVersion version, String path) {
    try (InputStream in = store.open(version.artifact().digest(), path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> lines(DatasetVersion version, String path) {
    return text(version, path).lines().toList();
  }
}
