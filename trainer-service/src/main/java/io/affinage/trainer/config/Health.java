package io.affinage.trainer.config;

import io.affinage.trainer.kafka.TrainerRuntime;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Liveness does not ask the broker: a blip must not kill a running job. Readiness does. */
@Singleton
final class Health {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Produces
  @Liveness
  HealthCheck worker(TrainerRuntime runtime) {
    return () -> HealthCheckResponse.named("worker").status(runtime.alive()).build();
  }

  @Produces
  @Readiness
  HealthCheck kafka(TrainerRuntime runtime) {
    return () ->
        HealthCheckResponse.named("kafka")
            .status(runtime.started() && runtime.connected(TIMEOUT))
            .build();
  }
}
