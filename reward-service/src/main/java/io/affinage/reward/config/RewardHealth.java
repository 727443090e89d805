package io.affinage.reward.config;

import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.DeviceChoice;
import io.affinage.service.compute.DeviceCheck;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Whether a GPU that was asked for is here. Otherwise nothing is looked for before the first reward
 * model is asked: rules need no tensors, and libtorch takes time and memory.
 */
@Singleton
final class RewardHealth {
  private static final String CUDA = "cuda";

  @Produces
  @Singleton
  @Readiness
  HealthCheck device(RewardConfig config, MeterRegistry meters) {
    String asked = config.device();
    if (!asked.startsWith(CUDA)) {
      return () -> HealthCheckResponse.named("device").up().withData("asked", asked).build();
    }
    DeviceCheck check =
        new DeviceCheck(
            asked,
            () -> {
              DeviceChoice choice = Compute.of(asked, config.dtype()).chooseDevice();
              return new DeviceCheck.Found(choice.name(), choice.reason());
            },
            meters);
    check.start();
    return check;
  }
}
