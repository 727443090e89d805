package io.affinage.eval.config;

import io.affinage.eval.kafka.EvaluationRuntime;
import io.affinage.events.follow.MonitoredReader;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.service.compute.DeviceCheck;
import io.affinage.service.compute.FitnessCheck;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.WarmUp;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Liveness does not ask the broker: a blip must not kill a running evaluation. */
@Singleton
final class EvaluationHealth {
  @Produces
  @Liveness
  HealthCheck worker(EvaluationRuntime runtime) {
    return () -> HealthCheckResponse.named("worker").status(runtime.alive()).build();
  }

  @Produces
  @Singleton
  WarmUp topicsRead(EvaluationRuntime runtime) {
    return runtime::started;
  }

  @Produces
  @Singleton
  Followed followed(EvaluationRuntime runtime, PoisonFilter requests) {
    List<MonitoredReader> readers = new ArrayList<>(runtime.followers());
    readers.add(requests);
    return () -> readers;
  }

  @Produces
  @Readiness
  HealthCheck fitness(EvaluationRuntime runtime) {
    return new FitnessCheck(runtime::fitness);
  }

  @Produces
  @Readiness
  HealthCheck device(DeviceCheck device) {
    return device;
  }
}
