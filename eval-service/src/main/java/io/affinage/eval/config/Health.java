package io.affinage.eval.config;

import io.affinage.eval.kafka.EvaluationRuntime;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Liveness does not ask the broker: a blip must not kill a running evaluation. Readiness does. */
@Singleton
final class Health {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Produces
  @Liveness
  HealthCheck worker(EvaluationRuntime runtime) {
    return () -> HealthCheckResponse.named("worker").status(runtime.alive()).build();
  }

  @Produces
  @Readiness
  HealthCheck kafka(EvaluationRuntime runtime) {
    return () ->
        HealthCheckResponse.named("kafka")
            .status(runtime.started() && runtime.connected(TIMEOUT))
            .build();
  }
}
