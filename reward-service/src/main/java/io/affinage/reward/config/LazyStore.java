package io.affinage.reward.config;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.ArtifactRef;
import io.affinage.events.reward.BatchStore;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.service.store.StoredBatches;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The artifact store, opened when something of it is asked for: rules need none. */
class LazyStore implements BatchStore {
  private final Optional<String> location;
  private ArtifactStore store;

  LazyStore(Optional<String> location) {
    this.location = location;
  }

  private synchronized ArtifactStore store() throws IOException {
    if (store == null) {
      store =
          ArtifactStores.open(
              location.orElseThrow(
                  () ->
                      new InvalidRewardException(
                          "no_artifact_store",
                          "this service has no artifact store; set affinage.artifacts",
                          null)));
    }
    return store;
  }

  /** A model's files, as {@link io.affinage.reward.learned.ModelFiles} has them. */
  Path path(ArtifactRef ref) {
    try {
      return ref.kind() == ArtifactRef.Kind.FOLDER
          ? store().localFolder(ref.digest())
          : store().localFile(ref.digest());
    } catch (ArtifactNotFoundException e) {
      throw new InvalidRewardException("model_not_found", e.getMessage(), "reward.model");
    } catch (IOException e) {
      throw new UnavailableException(
          "store_unavailable",
          "the model's files cannot be read from the artifact store: " + e.getMessage(),
          e);
    }
  }

  @Override
  public ArtifactRef put(byte[] content) throws IOException {
    return new StoredBatches(store()).put(content);
  }

  @Override
  public byte[] get(ArtifactRef ref) throws IOException {
    return new StoredBatches(store()).get(ref);
  }
}
