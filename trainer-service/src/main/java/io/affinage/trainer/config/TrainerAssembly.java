package io.affinage.trainer.config;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.service.WorkFolder;
import io.affinage.service.WorkerName;
import io.affinage.service.compute.DeviceCheck;
import io.affinage.service.kafka.TopicSetup;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.base.HubModels;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.job.DatasetView;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobCommands;
import io.affinage.trainer.job.ModelView;
import io.affinage.trainer.kafka.KafkaClients;
import io.affinage.trainer.kafka.TrainerRuntime;
import io.affinage.trainer.kafka.TrainingRequests;
import io.affinage.trainer.work.DryRuns;
import io.affinage.trainer.work.Replays;
import io.affinage.trainer.work.WorkSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the parts together, starts them and stops them in good order. */
@ApplicationScoped
final class TrainerAssembly {

  @Produces
  @Singleton
  ArtifactStore artifacts(@ConfigProperty(name = "affinage.artifacts") String location)
      throws IOException {
    return ArtifactStores.open(location);
  }

  @Produces
  @Singleton
  TrainerRuntime runtime(
      TrainerConfig config,
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      ArtifactStore artifacts,
      TrainingEngine engine,
      HubModels hub,
      MeterRegistry metrics,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    List<Path> roots = config.baseModelRoots().orElse(List.of());
    TrainerRuntime runtime =
        new TrainerRuntime(
            config.workerId().orElseGet(() -> WorkerName.ofThisProcess("trainer")),
            new KafkaClients(connection),
            artifacts,
            engine,
            models -> new BaseModels(artifacts, models, hub, roots),
            new MicrometerWorkMetrics(metrics),
            settings(config, version),
            config.commandTimeout());
    QueueMetrics.register(runtime.board(), metrics);
    return runtime;
  }

  @Produces
  @Singleton
  BaseModels baseModels(
      TrainerConfig config, TrainerRuntime runtime, ArtifactStore artifacts, HubModels hub) {
    return new BaseModels(
        artifacts, runtime.models(), hub, config.baseModelRoots().orElse(List.of()));
  }

  @Produces
  @Singleton
  DryRuns dryRuns(
      TrainerConfig config,
      TrainerRuntime runtime,
      ArtifactStore artifacts,
      TrainingEngine engine,
      HubModels hub) {
    return new DryRuns(
        engine,
        new BaseModels(artifacts, runtime.models(), hub, config.baseModelRoots().orElse(List.of())),
        artifacts,
        workFolder(config));
  }

  @Produces
  @Singleton
  Replays replays(TrainerConfig config, ArtifactStore artifacts, TrainingEngine engine) {
    return new Replays(engine, artifacts, workFolder(config));
  }

  private static Path workFolder(TrainerConfig config) {
    return WorkFolder.of(config.workFolder(), "affinage-trainer");
  }

  private static WorkSettings settings(TrainerConfig config, String version) {
    return new WorkSettings(
        config.lease(),
        config.progressEvery(),
        config.storeRetries(),
        config.storeRetryPause(),
        config.maxLostAttempts(),
        config.maxGivenBack(),
        config.faultPause(),
        workFolder(config),
        version);
  }

  @Produces
  @Singleton
  JobBoard board(TrainerRuntime runtime) {
    return runtime.board();
  }

  @Produces
  @Singleton
  DatasetView datasets(TrainerRuntime runtime) {
    return runtime.datasets();
  }

  @Produces
  @Singleton
  ModelView models(TrainerRuntime runtime) {
    return runtime.models();
  }

  @Produces
  @Singleton
  JobCommands commands(TrainerRuntime runtime) {
    return runtime.commands();
  }

  @Produces
  @Singleton
  PoisonFilter requests(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      JobBoard board,
      MeterRegistry metrics) {
    return TrainingRequests.filter(connection, board, metrics);
  }

  /** Takes no job before there is something to compute on: it would end jobs that others can do. */
  void start(
      @Observes StartupEvent event,
      TopicSetup topics,
      DeviceCheck device,
      TrainerRuntime runtime,
      PoisonFilter requests) {
    device.start();
    topics.created().thenRun(requests::start);
    topics.created().runAfterBoth(device.usable(), runtime::start);
  }

  void stop(
      @Observes ShutdownEvent event,
      TrainerRuntime runtime,
      PoisonFilter requests,
      TrainerConfig config)
      throws InterruptedException {
    requests.close();
    runtime.stop(config.shutdownGrace());
  }
}
