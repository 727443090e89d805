package io.affinage.service.compute;

import io.affinage.events.lease.WorkerFitness;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Readiness of a worker that could not do a job for a reason of its own: it says why, for as long
 * as it leaves jobs to others.
 *
 * @param fitness of the worker, as it is when asked
 */
public record FitnessCheck(Supplier<WorkerFitness> fitness) implements HealthCheck {
  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("fitness");
    Optional<WorkerFitness.Ailment> ailment = fitness.get().ailment();
    ailment.ifPresent(
        each ->
            response
                .withData("code", each.why().code())
                .withData("reason", each.why().message())
                .withData("until", each.until().toString()));
    return response.status(ailment.isEmpty()).build();
  }
}
