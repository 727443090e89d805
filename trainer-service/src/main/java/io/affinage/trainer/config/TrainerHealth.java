package io.affinage.trainer.config;

import io.affinage.events.follow.MonitoredReader;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.service.compute.DeviceCheck;
import io.affinage.service.compute.FitnessCheck;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.WarmUp;
import io.affinage.trainer.kafka.TrainerRuntime;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Liveness does not ask the broker: a blip must not kill a running job. */
@Singleton
final class TrainerHealth {
  @Produces
  @Liveness
  HealthCheck worker(TrainerRuntime runtime) {
    return () -> HealthCheckResponse.named("worker").status(runtime.alive()).build();
  }

  @Produces
  @Singleton
  WarmUp topicsRead(TrainerRuntime runtime) {
    return runtime::started;
  }

  @Produces
  @Singleton
  Followed followed(TrainerRuntime runtime, PoisonFilter requests) {
    List<MonitoredReader> readers = new ArrayList<>(runtime.followers());
    readers.add(requests);
    return () -> readers;
  }

  @Produces
  @Readiness
  HealthCheck fitness(TrainerRuntime runtime) {
    return new FitnessCheck(runtime::fitness);
  }

  @Produces
  @Readiness
  HealthCheck device(DeviceCheck device) {
    return device;
  }
}
