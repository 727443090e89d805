package io.affinage.cli.stack;

import io.affinage.broker.BrokerException;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.events.TopicProvisioner;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * A broker in this process and the services as child processes, all on the loopback address. A
 * service that ends is started again a few times; the others go on meanwhile.
 *
 * <p>Closing stops the services first, since they still write their last events, then the broker.
 * {@link #close()} may be called from a shutdown hook while another thread uses the stack.
 */
public final class LocalStack implements AutoCloseable {
  /** As in Kafka's own quick start. */
  private static final int USUAL_KAFKA_PORT = 9092;

  private static final int PARTITIONS = 4;
  private static final Duration READY_BOUND = Duration.ofMinutes(3);
  private static final Duration STOP_BOUND = Duration.ofSeconds(15);

  private final Install install;
  private final Home home;
  private final EmbeddedBroker broker;
  private final FileChannel lock;
  private final StackWatcher watcher;
  private final List<Place> places = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private boolean closed;

  private LocalStack(
      Install install, Home home, EmbeddedBroker broker, FileChannel lock, StackWatcher watcher) {
    this.install = install;
    this.home = home;
    this.broker = broker;
    this.lock = lock;
    this.watcher = watcher;
  }

  /**
   * Starts the stack; returns when every service is ready. A service that ends before that ends the
   * start: what is wrong with it will not pass.
   */
  public static LocalStack start(Install install, Home home, StackPlan plan, StackWatcher watcher) {
    plan.instances().keySet().forEach(install::runnable);
    FileChannel lock = lock(home);
    LocalStack stack;
    try {
      new LocalKey(home).ensure();
      watcher.waiting("starting the broker");
      int port = Ports.choose("Kafka", plan.kafkaPort(), USUAL_KAFKA_PORT);
      stack =
          new LocalStack(install, home, EmbeddedBroker.start(home.kafka(), port), lock, watcher);
    } catch (BrokerException e) {
      release(lock);
      throw new CliException(ExitCode.STACK, e.code(), e.getMessage(), e);
    } catch (RuntimeException e) {
      release(lock);
      throw e;
    }
    watcher.started(stack);
    try {
      stack.provision();
      stack.startServices(plan);
      stack.awaitReady();
      stack.publishState();
      return stack;
    } catch (RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  private static FileChannel lock(Home home) {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(home.lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        throw new OverlappingFileLockException();
      }
      return channel;
    } catch (OverlappingFileLockException e) {
      release(channel);
      throw new CliException(
          ExitCode.STACK,
          "stack_running",
          "Another affinage is starting or running a stack in %s: wait for it, stop it, or choose another folder with --home."
              .formatted(home.folder()),
          e);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "home_unusable", home.lockFile() + ": " + e.getMessage(), e);
    }
  }

  private static void release(FileChannel lock) {
    try {
      lock.close();
    } catch (IOException e) {
      throw new CliException(ExitCode.STACK, "home_unusable", e.getMessage(), e);
    }
  }

  private void provision() {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()))) {
      new TopicProvisioner(admin, PARTITIONS, 1).provision();
    }
  }

  private synchronized void startServices(StackPlan plan) {
    Set<Integer> taken = new HashSet<>();
    for (Map.Entry<ServiceKind, Integer> wanted : plan.instances().entrySet()) {
      ServiceKind kind = wanted.getKey();
      for (int i = 1; i <= wanted.getValue() && !closed; i++) {
        int port =
            i == 1
                ? Ports.choose(kind.module(), plan.ports().get(kind), kind.defaultPort())
                : Ports.choose(kind.module(), null, 0);
        if (!taken.add(port)) {
          throw new CliException(
              ExitCode.USAGE, "port_in_use", "Port %d is given twice.".formatted(port));
        }
        String name = i == 1 ? kind.module() : kind.module() + "-" + i;
        places.add(
            new Place(
                start ->
                    ServiceProcess.start(install, home, kind, name, port, start, environment())));
      }
    }
  }

  private Map<String, String> environment() {
    return Map.of(
        "KAFKA_BOOTSTRAP_SERVERS", bootstrapServers(),
        "AFFINAGE_ARTIFACTS", home.artifacts().toString(),
        "AFFINAGE_TOPICS_PARTITIONS", Integer.toString(PARTITIONS),
        "AFFINAGE_HTTP_KEYS_FILE", home.keysFile().toString());
  }

  private void awaitReady() {
    HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    long deadline = System.nanoTime() + READY_BOUND.toNanos();
    List<ServiceProcess> waiting = new ArrayList<>(services());
    try {
      while (!waiting.isEmpty()) {
        watcher.waiting("waiting for " + waiting.get(0).name());
        requireAllAlive();
        ServiceProcess first = waiting.get(0);
        if (first.isReady(http)) {
          waiting.remove(0);
        } else if (System.nanoTime() > deadline) {
          throw new CliException(
              ExitCode.STACK,
              "service_not_ready",
              "%s did not become ready within %d s. The end of its log:\n%s"
                  .formatted(first.name(), READY_BOUND.toSeconds(), first.lastLines()));
        } else {
          TimeUnit.MILLISECONDS.sleep(100);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.STACK, "interrupted", "Interrupted while starting.", e);
    }
  }

  /** What clients set as {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  /** The process in each place, those that have ended too. */
  public List<ServiceProcess> services() {
    return places.stream().map(Place::process).toList();
  }

  /** The address of the first instance of a service. */
  public Optional<URI> address(ServiceKind kind) {
    return services().stream()
        .filter(service -> service.kind() == kind)
        .map(ServiceProcess::address)
        .findFirst();
  }

  private void requireAllAlive() {
    for (Place place : places) {
      if (place.hasNewlyEnded()) {
        awaitCloseOf(place.process());
        throw place.process().ended();
      }
    }
  }

  /**
   * Starts again what has ended. To be called every second or so.
   *
   * @throws CliException when no instance of some service is left that could run
   */
  public void supervise() {
    for (Place place : places) {
      if (place.hasNewlyEnded()) {
        awaitCloseOf(place.process());
      }
      supervise(place);
    }
  }

  private synchronized void supervise(Place place) {
    if (closed) {
      return;
    }
    if (place.supervise(watcher::incident)) {
      publishState();
    }
    ServiceKind kind = place.process().kind();
    if (places.stream()
        .filter(other -> other.process().kind() == kind)
        .allMatch(Place::isGivenUp)) {
      throw place.process().ended();
    }
  }

  /** Ctrl-C reaches the services as well, maybe first: then this process is about to stop. */
  private void awaitCloseOf(ServiceProcess ended) {
    if (ended.wasInterrupted()) {
      awaitClosing();
    }
  }

  private void awaitClosing() {
    try {
      if (closing.await(2, TimeUnit.SECONDS)) {
        new CountDownLatch(1).await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What other commands read about it. */
  public StackState state() {
    Map<String, List<String>> addresses = new TreeMap<>();
    services().stream()
        .sorted(Comparator.comparing(ServiceProcess::name))
        .forEach(
            service ->
                addresses
                    .computeIfAbsent(service.kind().module(), module -> new ArrayList<>())
                    .add(service.address().toString()));
    Map<String, Long> processes = new TreeMap<>();
    services().forEach(service -> processes.put(service.name(), service.pid()));
    return new StackState(
        ProcessHandle.current().pid(),
        bootstrapServers(),
        home.artifacts().toString(),
        addresses,
        processes);
  }

  private void publishState() {
    try {
      state().write(home);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "home_unusable", home.stateFile() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    stop();
  }

  private synchronized void stop() {
    if (closed) {
      return;
    }
    closed = true;
    watcher.waiting("stopping");
    try {
      Files.deleteIfExists(home.stateFile());
    } catch (IOException e) {
      // Its process id tells readers that it is stale.
    }
    services().forEach(ServiceProcess::stop);
    services().forEach(service -> service.awaitEnd(STOP_BOUND));
    broker.close();
    release(lock);
    watcher.stopped();
  }
}
