package io.affinage.eval.config;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.kafka.EvaluationMetrics;
import io.affinage.eval.kafka.EvaluationRequests;
import io.affinage.eval.kafka.EvaluationRuntime;
import io.affinage.eval.llm.ModelRuntime;
import io.affinage.eval.serving.ChatSessions;
import io.affinage.eval.serving.ServedModels;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.DeviceChoice;
import io.affinage.service.WorkerName;
import io.affinage.service.compute.DeviceCheck;
import io.affinage.service.kafka.TopicSetup;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the parts together, starts them and stops them in good order. */
@ApplicationScoped
final class EvalAssembly {

  @Produces
  @Singleton
  ArtifactStore artifacts(@ConfigProperty(name = "affinage.artifacts") String location)
      throws IOException {
    // A path, file:/path or s3://bucket/prefix. No mapping of the prefix "affinage" itself: it
    // would claim every name below it.
    return ArtifactStores.open(location);
  }

  @Produces
  @Singleton
  EvaluationMetrics metrics(MeterRegistry registry) {
    return new EvaluationMetrics(registry);
  }

  @Produces
  @Singleton
  ModelRuntime models(EvalConfig config, ArtifactStore artifacts, MeterRegistry registry) {
    return new ModelRuntime(
        artifacts,
        Compute.of(config.device(), config.dtype()),
        WeightForm.named(config.weights()),
        config.modelsInMemory(),
        config.queue(),
        config.maxTokens(),
        registry.counter("affinage.generation.tokens"));
  }

  @Produces
  @Singleton
  EvaluationRuntime runtime(
      EvalConfig config,
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      ArtifactStore artifacts,
      ModelRuntime models,
      EvaluationMetrics metrics) {
    return new EvaluationRuntime(
        connection,
        artifacts,
        models.source(),
        metrics,
        new EvaluationRuntime.Settings(
            config.workerId().orElseGet(() -> WorkerName.ofThisProcess("eval")),
            config.lease(),
            config.progressEvery(),
            config.maxAttempts(),
            config.maxGivenBack(),
            config.faultPause(),
            config.scoreRepeat(),
            config.scoreTimeout(),
            config.storeRetries(),
            config.storeRetryPause(),
            config.modelWait()));
  }

  @Produces
  @Singleton
  EvaluationBoard board(EvaluationRuntime runtime) {
    return runtime.board();
  }

  @Produces
  @Singleton
  ServedModels served(EvaluationRuntime runtime) {
    return new ServedModels(runtime.models());
  }

  @Produces
  @Singleton
  ChatSessions sessions(ModelRuntime models) {
    return models.sessions();
  }

  @Produces
  @Singleton
  DeviceCheck device(EvalConfig config, MeterRegistry registry) {
    return new DeviceCheck(
        config.device(),
        () -> {
          DeviceChoice choice = Compute.of(config.device(), config.dtype()).chooseDevice();
          return new DeviceCheck.Found(choice.name(), choice.reason());
        },
        registry);
  }

  @Produces
  @Singleton
  PoisonFilter requests(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      EvaluationMetrics metrics) {
    return EvaluationRequests.filter(connection, metrics);
  }

  /** Takes no evaluation before there is something to compute on. */
  void start(
      @Observes StartupEvent event,
      TopicSetup topics,
      DeviceCheck device,
      EvaluationRuntime runtime,
      PoisonFilter requests) {
    device.start();
    topics.created().thenRun(requests::start);
    topics.created().runAfterBoth(device.usable(), runtime::start);
  }

  void stop(
      @Observes ShutdownEvent event,
      EvaluationRuntime runtime,
      PoisonFilter requests,
      ModelRuntime models,
      EvalConfig config)
      throws InterruptedException {
    requests.close();
    runtime.stop(config.shutdownGrace());
    models.close();
  }
}
