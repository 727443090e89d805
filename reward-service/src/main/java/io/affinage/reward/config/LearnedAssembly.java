package io.affinage.reward.config;

import io.affinage.llm.tensor.Compute;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.learned.LearnedRewards;
import io.affinage.reward.learned.RegisteredModels;
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
  LearnedRewards rewards(
      RegisteredModels models, RewardConfig config, LazyStore store, MeterRegistry meters) {
    return new LearnedRewards(
        models,
        store::path,
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
}
