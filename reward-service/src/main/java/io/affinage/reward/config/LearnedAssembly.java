package io.affinage.reward.config;

import io.affinage.llm.tensor.Compute;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.learned.RegisteredModels;
import io.affinage.reward.learned.RewardModelScorer;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
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
  LazyStore store(@ConfigProperty(name = "affinage.artifacts") Optional<String> location) {
    return new LazyStore(location);
  }

  @Produces
  @Singleton
  StoredItems storedItems(LazyStore store) {
    return new StoredItems(store);
  }

  @Produces
  @Singleton
  RewardModelScorer rewards(
      RegisteredModels models, RewardConfig config, LazyStore store, MeterRegistry meters) {
    return new RewardModelScorer(
        models,
        store::path,
        () -> Compute.of(config.device(), config.dtype()),
        new RewardModelScorer.Limits(
            config.learnedBytes().asLongValue(),
            config.batchTokens(),
            config.modelPatience(),
            config.learnedScores(),
            config.modelsInMemory(),
            config.adaptersInMemory()),
        meters);
  }

  void stop(@Disposes RewardModelScorer rewards) {
    rewards.close();
  }
}
