package io.affinage.service.compute;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;

class DeviceCheckTest {
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  @Test
  void shouldNotBeReadyWithoutTheDeviceThatWasAskedForAndSayWhy() {
    DeviceCheck check =
        new DeviceCheck(
            "cuda",
            () -> {
              throw new IllegalStateException("device 'cuda' is not here: none is seen");
            },
            metrics);
    assertThat(check.call().getStatus()).isEqualTo(HealthCheckResponse.Status.DOWN);

    check.look();

    HealthCheckResponse response = check.call();
    assertThat(response.getStatus()).isEqualTo(HealthCheckResponse.Status.DOWN);
    assertThat(response.getData())
        .contains(Map.of("asked", "cuda", "reason", "device 'cuda' is not here: none is seen"));
    assertThat(check.usable().toCompletableFuture()).isNotDone();
    assertThat(metrics.get("affinage.compute.unavailable").gauge().value()).isEqualTo(1);
    assertThat(metrics.find("affinage.compute.device").gauge()).isNull();
  }

  @Test
  void shouldNotBeReadyWhereALibraryCannotBeLinked() {
    DeviceCheck check =
        new DeviceCheck(
            "auto",
            () -> {
              throw new UnsatisfiedLinkError("libcuda.so.1: cannot open shared object file");
            },
            metrics);

    check.look();

    assertThat(check.call().getData().orElseThrow().get("reason"))
        .isEqualTo("libcuda.so.1: cannot open shared object file");
  }

  @Test
  void shouldTellTheDeviceAndWhyItWasChosen() {
    DeviceCheck check =
        new DeviceCheck(
            "auto", () -> new DeviceCheck.Found("cuda:0", "auto: the first of 2"), metrics);

    check.look();

    HealthCheckResponse response = check.call();
    assertThat(response.getStatus()).isEqualTo(HealthCheckResponse.Status.UP);
    assertThat(response.getData())
        .contains(Map.of("asked", "auto", "device", "cuda:0", "reason", "auto: the first of 2"));
    assertThat(check.usable().toCompletableFuture()).isDone();
    assertThat(metrics.get("affinage.compute.device").tag("device", "cuda:0").gauge().value())
        .isEqualTo(1);
    assertThat(metrics.get("affinage.compute.unavailable").gauge().value()).isZero();
  }
}
