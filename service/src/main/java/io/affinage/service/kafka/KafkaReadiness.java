package io.affinage.service.kafka;

import io.quarkus.arc.All;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while the broker answers, the topics exist and are read, once the service has warmed up;
 * says why it is not. Liveness does not ask the broker: it may come back, and a running job must
 * live until then.
 */
@Readiness
@ApplicationScoped
class KafkaReadiness implements HealthCheck {
  private static final int TIMEOUT_MILLIS = 2_000;

  private final TopicSetup topics;
  private final List<WarmUp> warmUps;
  private final List<Followed> followed;
  private final Admin admin;

  KafkaReadiness(
      TopicSetup topics,
      @All List<WarmUp> warmUps,
      @All List<Followed> followed,
      @Identifier("default-kafka-broker") Map<String, Object> connection) {
    this.topics = topics;
    this.warmUps = warmUps;
    this.followed = followed;
    this.admin = Admin.create(new HashMap<>(connection));
  }

  @Override
  public HealthCheckResponse call() {
    Optional<String> reason = reason();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("kafka").status(reason.isEmpty());
    reason.ifPresent(text -> response.withData("reason", text));
    return response.build();
  }

  private Optional<String> reason() {
    if (!answers()) {
      return Optional.of("no broker answers");
    }
    Optional<String> problem = topics.problem();
    if (problem.isPresent()) {
      return problem;
    }
    if (!topics.done()) {
      return Optional.of("the topics are not known to exist yet");
    }
    Optional<String> trouble = trouble();
    if (trouble.isPresent()) {
      return trouble;
    }
    return warmUps.stream().allMatch(WarmUp::done)
        ? Optional.empty()
        : Optional.of("the topics are still being read");
  }

  /** Of the first reader that does not read. */
  private Optional<String> trouble() {
    return followed.stream()
        .flatMap(one -> one.readers().stream())
        .flatMap(reading -> reading.trouble().map(why -> reading.name() + ": " + why).stream())
        .findFirst();
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
