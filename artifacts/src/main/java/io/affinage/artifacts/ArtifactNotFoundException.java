package io.affinage.artifacts;

import java.io.IOException;

/** The store has nothing under this digest. */
public final class ArtifactNotFoundException extends IOException {
  public ArtifactNotFoundException(String digest) {
    super("the artifact store has no " + digest);
  }
}
