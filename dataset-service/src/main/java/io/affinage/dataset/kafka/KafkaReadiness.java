package io.affinage.dataset.kafka;

import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while the broker answers and once the catalog is rebuilt. Liveness does not ask: a broker
 * may come back.
 */
@Readiness
@ApplicationScoped
class KafkaReadiness implements HealthCheck {
  private static final int TIMEOUT_MILLIS = 2_000;

  private final CatalogView view;
  private final Admin admin;

  KafkaReadiness(
      CatalogView view, @Identifier("default-kafka-broker") Map<String, Object> connection) {
    this.view = view;
    this.admin = Admin.create(new HashMap<>(connection));
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("kafka").status(view.loaded() && answers()).build();
  }

  private boolean answers() {
    try {
      admin
          .describeCluster(new DescribeClusterOptions().timeoutMs(TIMEOUT_MILLIS))
          .nodes()
          .get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @PreDestroy
  void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
