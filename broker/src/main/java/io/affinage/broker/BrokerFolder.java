package io.affinage.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * Where a broker keeps its data.
 *
 * @param path the folder
 * @param temporary whether it goes away with the broker
 */
record BrokerFolder(Path path, boolean temporary) {
  /** The file by which Kafka knows a formatted folder. */
  static final String MARKER = "meta.properties";

  static BrokerFolder kept(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute);
    } catch (IOException e) {
      throw unusable(absolute, e);
    }
    if (!Files.isWritable(absolute)) {
      throw unusable(absolute, new IOException("not writable"));
    }
    return new BrokerFolder(absolute, false);
  }

  static BrokerFolder newTemporary() {
    try {
      return new BrokerFolder(Files.createTempDirectory("affinage-broker"), true);
    } catch (IOException e) {
      throw unusable(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
  }

  /** Prepares a new folder for KRaft; an already prepared one keeps its cluster id and data. */
  void format() {
    if (Files.exists(path.resolve(MARKER))) {
      return;
    }
    try (PrintStream silent =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(silent)
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(BrokerProperties.NODE_ID)
          .setDirectories(List.of(path.toString()))
          .setMetadataLogDirectory(path.toString())
          .setControllerListenerName(BrokerProperties.CONTROLLER_LISTENER)
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setIgnoreFormatted(true)
          .run();
    } catch (Exception e) {
      throw unusable(path, e);
    }
  }

  void discard() {
    if (!temporary || !Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("temporary broker folder not deleted: " + path, e);
    }
  }

  static BrokerException unusable(Path path, Exception cause) {
    return new BrokerException(
        "folder_unusable",
        "Folder %s cannot hold the broker's data (%s): choose one that is writable."
            .formatted(path, cause),
        cause);
  }
}
