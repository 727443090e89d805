package io.affinage.trainer.job;

import io.affinage.artifacts.Artifact;
import io.affinage.events.ArtifactRef;

/** From what the store says to what events say. */
public final class Refs {
  private Refs() {}

  public static ArtifactRef of(Artifact artifact) {
    return new ArtifactRef(
        artifact.digest(), ArtifactRef.Kind.valueOf(artifact.kind().name()), artifact.size());
  }
}
