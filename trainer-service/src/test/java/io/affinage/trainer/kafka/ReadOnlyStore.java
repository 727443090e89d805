package io.affinage.trainer.kafka;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store that refuses what training makes, as one whose file system was remounted read-only does;
 * the base model is in it already.
 */
final class ReadOnlyStore implements ArtifactStore {
  private final ArtifactStore store;
  private final AtomicInteger refusals = new AtomicInteger(Integer.MAX_VALUE);

  ReadOnlyStore(ArtifactStore store) {
    this.store = store;
  }

  ReadOnlyStore forRefusals(int times) {
    refusals.set(times);
    return this;
  }

  private void refuse() throws IOException {
    if (refusals.getAndDecrement() > 0) {
      throw new ArtifactStoreException(
          ArtifactFault.ARTIFACT_STORE_READ_ONLY, "the artifact store may not be written");
    }
  }

  @Override
  public Artifact putFile(Path file) throws IOException {
    refuse();
    return store.putFile(file);
  }

  @Override
  public Artifact put(InputStream content) throws IOException {
    refuse();
    return store.put(content);
  }

  @Override
  public Artifact putFolder(Path folder) throws IOException {
    if (!folder.resolve("config.json").toFile().exists()) {
      refuse();
    }
    return store.putFolder(folder);
  }

  @Override
  public boolean has(String digest) throws IOException {
    return store.has(digest);
  }

  @Override
  public InputStream open(String digest) throws IOException {
    return store.open(digest);
  }

  @Override
  public InputStream open(String folderDigest, String path) throws IOException {
    return store.open(folderDigest, path);
  }

  @Override
  public Path localFile(String digest) throws IOException {
    return store.localFile(digest);
  }

  @Override
  public Path localFolder(String digest) throws IOException {
    return store.localFolder(digest);
  }
}
