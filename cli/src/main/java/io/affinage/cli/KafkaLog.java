package io.affinage.cli;

import java.nio.file.Path;

/** Where Kafka's own log goes; it would drown the command's output. */
final class KafkaLog {
  private KafkaLog() {}

  /** To be called before the first use of a Kafka class; slf4j-simple reads these once. */
  static void writeTo(Path file) {
    System.setProperty("org.slf4j.simpleLogger.logFile", file.toString());
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  }
}
