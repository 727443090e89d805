package io.affinage.events.reward;

import io.affinage.events.ArtifactRef;
import java.io.IOException;

/** Where batches lie that a record does not hold. */
public interface BatchStore {

  /** Keeps a file. */
  ArtifactRef put(byte[] content) throws IOException;

  /**
   * A file's bytes.
   *
   * @throws IOException also when it is not there
   */
  byte[] get(ArtifactRef ref) throws IOException;
}
