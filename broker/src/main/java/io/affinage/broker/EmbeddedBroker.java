package io.affinage.broker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/**
 * A Kafka broker in this JVM, on 127.0.0.1, without security. Ready to serve when the factory
 * method returns.
 *
 * <p>{@link #stop()} and {@link #start()} keep folder and port, so that clients reconnect; {@link
 * #close()} also deletes a temporary folder. Thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private final BrokerFolder folder;
  private final int port;
  private final Map<String, String> overrides;
  private FolderLock lock;
  private KafkaRaftServer server;

  private EmbeddedBroker(BrokerFolder folder, int port, Map<String, String> overrides) {
    this.folder = folder;
    this.port = port;
    this.overrides = Map.copyOf(overrides);
  }

  /** A broker on a free port and a temporary folder that {@link #close()} deletes. */
  public static EmbeddedBroker startTemporary() {
    return startTemporary(Map.of());
  }

  /**
   * As {@link #startTemporary()}.
   *
   * @param overrides Kafka broker properties that replace the defaults of this class
   */
  public static EmbeddedBroker startTemporary(Map<String, String> overrides) {
    return started(new EmbeddedBroker(BrokerFolder.newTemporary(), LoopbackPort.free(), overrides));
  }

  /**
   * A broker whose data stays in a folder.
   *
   * @param folder made when absent; holds one broker at a time
   * @param port of 127.0.0.1; 0 for a free one
   * @throws BrokerException {@code port_in_use}, {@code folder_in_use}, {@code folder_unusable} or
   *     {@code broker_start_failed}
   */
  public static EmbeddedBroker start(Path folder, int port) {
    LoopbackPort.requireValid(port);
    return started(
        new EmbeddedBroker(
            BrokerFolder.kept(folder), port == 0 ? LoopbackPort.free() : port, Map.of()));
  }

  private static EmbeddedBroker started(EmbeddedBroker broker) {
    try {
      broker.start();
      return broker;
    } catch (RuntimeException e) {
      broker.close();
      throw e;
    }
  }

  /** What clients set as {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return LoopbackPort.HOST + ":" + port;
  }

  /** The port clients connect to. */
  public int port() {
    return port;
  }

  /** The folder of the broker's data. */
  public Path folder() {
    return folder.path();
  }

  /** Whether the broker serves. */
  public synchronized boolean isRunning() {
    return server != null;
  }

  /** Starts again after {@link #stop()}; no effect on a running broker. */
  public synchronized void start() {
    if (server != null) {
      return;
    }
    LoopbackPort.requireFree(port);
    BrokerProperties properties =
        new BrokerProperties(folder.path(), port, LoopbackPort.free(), overrides);
    lock = FolderLock.acquire(folder.path());
    KafkaRaftServer starting = null;
    try {
      folder.format();
      starting =
          new KafkaRaftServer(KafkaConfig.fromProps(properties.asProperties(), false), Time.SYSTEM);
      starting.startup();
      server = starting;
    } catch (BrokerException e) {
      lock.close();
      throw e;
    } catch (RuntimeException e) {
      if (starting != null) {
        starting.shutdown();
        starting.awaitShutdown();
      }
      lock.close();
      throw new BrokerException(
          "broker_start_failed",
          "The broker could not start on port %d with folder %s: %s"
              .formatted(port, folder.path(), e.getMessage()),
          e);
    }
  }

  /** Stops in good order and keeps the data; no effect on a stopped broker. */
  public synchronized void stop() {
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
      server = null;
      lock.close();
    }
  }

  /** Stops and starts on the same folder and port. */
  public synchronized void restart() {
    stop();
    start();
  }

  /** Stops, and deletes a temporary folder. */
  @Override
  public synchronized void close() {
    stop();
    folder.discard();
  }

  @Override
  public String toString() {
    return "EmbeddedBroker[" + bootstrapServers() + ", " + folder.path() + "]";
  }

  /** Whether a folder already holds a broker's data. */
  public static boolean holdsData(Path folder) {
    return Files.exists(folder.resolve(BrokerFolder.MARKER));
  }
}
