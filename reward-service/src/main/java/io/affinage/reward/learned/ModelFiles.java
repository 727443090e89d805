package io.affinage.reward.learned;

import io.affinage.events.ArtifactRef;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.scoring.InvalidRewardException;
import java.nio.file.Path;

/** A model's files as a local path. */
@FunctionalInterface
public interface ModelFiles {

  /**
   * @throws InvalidRewardException {@code model_not_found} when the store does not have them
   * @throws UnavailableException {@code store_unavailable}
   */
  Path path(ArtifactRef ref);
}
