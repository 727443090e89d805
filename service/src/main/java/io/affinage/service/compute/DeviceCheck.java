package io.affinage.service.compute;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.jboss.logging.Logger;

/**
 * Finds once, beside the start, where the service computes: told in the log, in the metrics and by
 * readiness. Where the device that was asked for is not here, the service is not ready and says
 * why; it never computes elsewhere instead.
 */
public final class DeviceCheck implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(DeviceCheck.class);

  /** How many of each there are is told by no metric: a service computes on one. */
  private static final String METRIC = "affinage.compute.device";

  private final String asked;
  private final Supplier<Found> probe;
  private final MeterRegistry metrics;
  private final CompletableFuture<Found> usable = new CompletableFuture<>();
  private volatile String failure;

  /**
   * What was found.
   *
   * @param device {@code cpu} or {@code cuda:N}
   * @param reason why this one, for people
   */
  public record Found(String device, String reason) {}

  /**
   * @param asked what the configuration asks for
   * @param probe finds the device; what it throws says why there is none
   */
  public DeviceCheck(String asked, Supplier<Found> probe, MeterRegistry metrics) {
    this.asked = asked;
    this.probe = probe;
    this.metrics = metrics;
    Gauge.builder("affinage.compute.unavailable", () -> failure == null ? 0 : 1).register(metrics);
  }

  /** Begins to look. */
  public void start() {
    Thread thread = new Thread(this::look, "device-check");
    thread.setDaemon(true);
    thread.start();
  }

  /** Completes when there is a device to compute on; never, when there is none. */
  public CompletionStage<Found> usable() {
    return usable;
  }

  void look() {
    try {
      Found found = probe.get();
      LOG.infof("Computes on %s (%s)", found.device(), found.reason());
      Gauge.builder(METRIC, () -> 1).tag("device", found.device()).register(metrics);
      usable.complete(found);
    } catch (RuntimeException | LinkageError e) {
      failure = e.getMessage() == null ? e.toString() : e.getMessage();
      LOG.errorf("Not ready, there is nothing to compute on: %s", failure);
    }
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("device");
    Found found = usable.getNow(null);
    response.status(found != null).withData("asked", asked);
    if (found != null) {
      response.withData("device", found.device()).withData("reason", found.reason());
    } else {
      response.withData("reason", failure != null ? failure : "still looking");
    }
    return response.build();
  }
}
