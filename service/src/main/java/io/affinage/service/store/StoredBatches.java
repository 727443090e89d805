package io.affinage.service.store;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.reward.BatchStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Batches of rewards in the artifact store. */
public record StoredBatches(ArtifactStore store) implements BatchStore {
  /** Largest file that is read. */
  private static final int MAX_BYTES = 256 << 20;

  @Override
  public ArtifactRef put(byte[] content) throws IOException {
    Artifact artifact = store.put(new ByteArrayInputStream(content));
    return new ArtifactRef(artifact.digest(), ArtifactRef.Kind.FILE, artifact.size());
  }

  @Override
  public byte[] get(ArtifactRef ref) throws IOException {
    try (InputStream content = store.open(ref.digest())) {
      byte[] read = content.readNBytes(MAX_BYTES + 1);
      if (read.length > MAX_BYTES) {
        throw new IOException(ref.digest() + " has more than " + MAX_BYTES + " bytes");
      }
      return read;
    }
  }
}
