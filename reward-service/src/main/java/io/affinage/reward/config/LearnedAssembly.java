package io.affinage.reward.config;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.ArtifactRef;
import io.affinage.llm.tensor.Compute;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.learned.LearnedRewards;
import io.affinage.reward.learned.ModelFiles;
import io.affinage.reward.learned.RegisteredModels;
import io.affinage.reward.scoring.InvalidRewardException;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the parts together that score with reward models. */
@ApplicationScoped
final class LearnedAssembly {

  @Produces
  @Singleton
  RegisteredModels models() {
    return new RegisteredModels();
  }

  @Produces
  @Singleton
  LearnedRewards rewards(
      RegisteredModels models,
      RewardConfig config,
      @ConfigProperty(name = "affinage.artifacts") Optional<String> artifacts,
      MeterRegistry meters) {
    return new LearnedRewards(
        models,
        new StoredFiles(artifacts),
        () -> Compute.of(config.device(), config.dtype()),
        new LearnedRewards.Limits(
            config.learnedBytes().asLongValue(),
            config.batchTokens(),
            config.modelPatience(),
            config.learnedScores(),
            config.modelsInMemory(),
            config.adaptersInMemory()),
        meters);
  }

  void stop(@Disposes LearnedRewards rewards) {
    rewards.close();
  }

  /** Opens the store when the first model is asked for: rules need none. */
  private static final class StoredFiles implements ModelFiles {
    private final Optional<String> location;
    private ArtifactStore store;

    private StoredFiles(Optional<String> location) {
      this.location = location;
    }

    @Override
    public synchronized Path path(ArtifactRef ref) {
      try {
        if (store == null) {
          store =
              ArtifactStores.open(
                  location.orElseThrow(
                      () ->
                          new InvalidRewardException(
                              "no_artifact_store",
                              "this service has no artifact store to take models from; set"
                                  + " affinage.artifacts",
                              null)));
        }
        return ref.kind() == ArtifactRef.Kind.FOLDER
            ? store.localFolder(ref.digest())
            : store.localFile(ref.digest());
      } catch (ArtifactNotFoundException e) {
        throw new InvalidRewardException("model_not_found", e.getMessage(), "reward.model");
      } catch (IOException e) {
        throw new UnavailableException(
            "store_unavailable",
            "the model's files cannot be read from the artifact store: " + e.getMessage(),
            e);
      }
    }
  }
}
