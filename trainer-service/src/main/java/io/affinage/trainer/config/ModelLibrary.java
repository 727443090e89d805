package io.affinage.trainer.config;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.reward.RewardClient;
import io.affinage.llm.hub.HubSettings;
import io.affinage.llm.hub.ModelHub;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.DeviceChoice;
import io.affinage.llm.tensor.DeviceMemory;
import io.affinage.service.compute.DeviceCheck;
import io.affinage.service.store.StoredBatches;
import io.affinage.trainer.base.HubModels;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.kafka.KafkaAnswerScorer;
import io.affinage.trainer.llm.LlmHub;
import io.affinage.trainer.llm.LlmTrainingEngine;
import io.affinage.trainer.llm.StreamedBases;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Map;

/** The model library behind the seams of the domain. */
@Singleton
final class ModelLibrary {

  @Produces
  @Singleton
  TrainingEngine engine(
      TrainerConfig config,
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      ArtifactStore artifacts) {
    return new LlmTrainingEngine(
        config.device(),
        new KafkaAnswerScorer(
            connection,
            new RewardClient.Timing(config.scoreRepeat(), config.scoreTimeout()),
            new StoredBatches(artifacts)),
        new StreamedBases(
            config
                .streamedBases()
                .orElseGet(
                    () -> Path.of(System.getProperty("user.home"), ".cache", "affinage", "nf4")),
            () -> DeviceMemory.of(Compute.of(config.device(), null).resolveDevice())));
  }

  @Produces
  @Singleton
  DeviceCheck device(TrainerConfig config, MeterRegistry metrics) {
    return new DeviceCheck(
        config.device(),
        () -> {
          DeviceChoice choice = Compute.of(config.device(), null).chooseDevice();
          return new DeviceCheck.Found(choice.name(), choice.reason());
        },
        metrics);
  }

  /** Configured by the environment variables that Hugging Face's own tools use. */
  @Produces
  @Singleton
  HubModels hub() {
    return new LlmHub(
        new ModelHub(
            HubSettings.fromEnvironment(
                System.getenv(), Path.of(System.getProperty("user.home")))));
  }
}
