package io.affinage.cli;

import java.util.Optional;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;

/** That Kafka answers, and lets this user in not at all or not to what the command needs. */
public final class KafkaRefusal {
  private KafkaRefusal() {}

  /** The error for people, of a failure or what caused it; empty when it is another. */
  public static Optional<CliException> of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthenticationException) {
        return Optional.of(
            refused(
                "Kafka does not let this user in (authentication): %s. Correct the credentials or certificates in --kafka-config.",
                failure));
      }
      if (cause instanceof AuthorizationException) {
        return Optional.of(
            refused(
                "Kafka does not let this user do that (authorization): %s. The rights that the command needs are those of the user 'cli' in deploy/helm/affinage/files/access.yaml.",
                failure));
      }
    }
    return Optional.empty();
  }

  private static CliException refused(String text, Throwable failure) {
    return new CliException(
        ExitCode.UNREACHABLE, "kafka_refused", text.formatted(failure.getMessage()), failure);
  }
}
