package io.affinage.broker.testing;

import io.affinage.broker.BrokerException;
import java.util.Arrays;
import java.util.Locale;

/** The values of the system property {@code affinage.test.broker}. */
enum BrokerChoice {
  EMBEDDED,
  CONTAINER,
  AUTO;

  static final String PROPERTY = "affinage.test.broker";

  static BrokerChoice fromSystemProperty() {
    String value = System.getProperty(PROPERTY, "embedded");
    return Arrays.stream(values())
        .filter(choice -> choice.name().toLowerCase(Locale.ROOT).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                new BrokerException(
                    "invalid_argument",
                    "-D%s=%s: use embedded, container or auto.".formatted(PROPERTY, value),
                    null));
  }

  boolean usesContainer() {
    return this == CONTAINER || (this == AUTO && ContainerEngine.isPresent());
  }
}
