package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.events.TopicProvisioner;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * A broker and the services as child processes, all on the loopback address. One that ends is
 * started again, after pauses that grow; the others go on meanwhile. Whatever happens is told, and
 * written to a journal.
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

  /** Ends in a row while the stack starts, after which what is wrong will not pass. */
  private static final int MOST_AT_START = 3;

  /** The same for the broker: that of a stack which was killed may still hold the folder. */
  private static final int MOST_OF_BROKER = 4;

  /** Ends in a row after which a command that needs a service gives up. */
  private static final int MOST_FOR_A_COMMAND = 6;

  private final Install install;
  private final Home home;
  private final FileChannel lock;
  private final StackWatcher watcher;
  private final Journal journal;
  private final int kafkaPort;
  private final Place kafka;
  private final List<ServiceInstance> services = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private boolean closed;
  private boolean publishing;
  private boolean stale;
  private boolean unpublished;

  private LocalStack(
      Install install, Home home, int kafkaPort, FileChannel lock, StackWatcher watcher) {
    this.install = install;
    this.home = home;
    this.kafkaPort = kafkaPort;
    this.lock = lock;
    this.watcher = watcher;
    this.journal = new Journal(home.logs().resolve("up.log"));
    this.kafka = place(BrokerLaunch.NAME, BrokerLaunch.of(home, kafkaPort));
  }

  private static Place place(String name, StackProcess.Launch launch) {
    return new Place(name, start -> StackProcess.start(launch, start), System::nanoTime);
  }

  /**
   * Starts the stack; returns when every service is ready. What ends again and again before that
   * ends the start.
   */
  public static LocalStack start(Install install, Home home, StackPlan plan, StackWatcher watcher) {
    plan.instances().keySet().forEach(install::runnable);
    FileChannel lock = lock(home);
    LocalStack stack;
    try {
      new LocalKey(home).ensure();
      watcher.waiting("starting the broker");
      int port = Ports.choose("Kafka", plan.kafkaPort(), USUAL_KAFKA_PORT);
      stack = new LocalStack(install, home, port, lock, watcher);
    } catch (RuntimeException e) {
      release(lock);
      throw e;
    }
    watcher.started(stack);
    try {
      stack.awaitBroker();
      stack.provision();
      stack.startServices(plan);
      stack.awaitReady();
      stack.publishing = true;
      stack.publishState();
      stack.journal.add("ready, Kafka at " + stack.bootstrapServers());
      return stack;
    } catch (RuntimeException e) {
      stack.journal.add("the start ended: " + e.getMessage());
      stack.close();
      throw e;
    }
  }

  private static FileChannel lock(Home home) {
    try {
      return StackLock.take(home.lockFile())
          .orElseThrow(
              () ->
                  new CliException(
                      ExitCode.STACK,
                      "stack_running",
                      "Another affinage is starting or running a stack in %s: wait for it, stop it, or choose another folder with --home."
                          .formatted(home.folder())));
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

  private void awaitBroker() {
    long deadline = System.nanoTime() + READY_BOUND.toNanos();
    while (!Ports.isServed(kafkaPort)) {
      supervise(kafka);
      if (kafka.failures() >= MOST_OF_BROKER) {
        throw kafka.failure();
      }
      if (System.nanoTime() > deadline) {
        throw notReady(kafka, "it does not listen", READY_BOUND);
      }
      pause();
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
        services.add(
            new ServiceInstance(
                kind,
                port,
                place(name, ServiceLaunch.of(install, home, kind, name, port, environment()))));
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
    List<ServiceInstance> waiting = new ArrayList<>(services);
    try {
      while (!waiting.isEmpty()) {
        watcher.waiting("waiting for " + waiting.get(0).name());
        supervise();
        for (Place place : places()) {
          if (place.failures() >= MOST_AT_START && place.isEmpty()) {
            throw place.failure();
          }
        }
        String unready = waiting.get(0).unready(http);
        if (unready.isEmpty()) {
          waiting.remove(0);
        } else if (System.nanoTime() > deadline) {
          throw notReady(waiting.get(0).place(), unready, READY_BOUND);
        } else {
          pause();
        }
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static CliException notReady(Place place, String why, Duration bound) {
    return new CliException(
        ExitCode.STACK,
        "service_not_ready",
        "%s did not become ready within %d s: %s\nThe end of its log:\n%s"
            .formatted(
                place.name(),
                bound.toSeconds(),
                why,
                new ProcessExit(0, LogTail.of(place.process().log()), false).indentedLines()));
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(100);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static CliException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new CliException(ExitCode.STACK, "interrupted", "Interrupted while starting.", e);
  }

  /** What clients set as {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return "127.0.0.1:" + kafkaPort;
  }

  /** The broker's process that runs, or the last that did. */
  public long brokerPid() {
    return kafka.process().pid();
  }

  /** Every instance, those too whose process has ended and that wait for the next. */
  public List<ServiceInstance> services() {
    return List.copyOf(services);
  }

  /** The address of the first instance of a service. */
  public Optional<URI> address(ServiceKind kind) {
    return services.stream()
        .filter(service -> service.kind() == kind)
        .map(ServiceInstance::address)
        .findFirst();
  }

  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    places.add(kafka);
    services.forEach(service -> places.add(service.place()));
    return places;
  }

  /** Starts again what has ended. To be called every second or so; throws nothing. */
  public void supervise() {
    places().forEach(this::supervise);
    publishIfStale();
  }

  /**
   * For a command that waits for what the services do.
   *
   * @throws CliException when the broker, or every instance of some service, ends again and again
   */
  public void requireWorking() {
    Map<Object, List<Place>> alike = new HashMap<>();
    alike.put(BrokerLaunch.NAME, List.of(kafka));
    services.forEach(
        service ->
            alike.computeIfAbsent(service.kind(), kind -> new ArrayList<>()).add(service.place()));
    for (List<Place> places : alike.values()) {
      if (places.stream()
          .allMatch(place -> place.isEmpty() && place.failures() >= MOST_FOR_A_COMMAND)) {
        throw places.get(0).failure();
      }
    }
  }

  private void supervise(Place place) {
    try {
      if (place.hasNewlyEnded()) {
        awaitCloseOf(place.process());
      }
      superviseOpen(place);
    } catch (RuntimeException e) {
      tell("%s could not be looked after: %s".formatted(place.name(), e));
    }
  }

  private synchronized void superviseOpen(Place place) {
    if (!closed && place.supervise(this::tell)) {
      stale = true;
    }
  }

  private void tell(String what) {
    watcher.incident(what);
    if (!journal.add(what)) {
      watcher.incident("(this could not be added to " + journal.file() + ")");
    }
  }

  /** Ctrl-C reaches the services as well, maybe first: then this process is about to stop. */
  private void awaitCloseOf(StackProcess ended) {
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
    services.stream()
        .sorted(Comparator.comparing(ServiceInstance::name))
        .forEach(
            service ->
                addresses
                    .computeIfAbsent(service.kind().module(), module -> new ArrayList<>())
                    .add(service.address().toString()));
    Map<String, Long> processes = new TreeMap<>();
    places().forEach(place -> processes.put(place.name(), place.process().pid()));
    return new StackState(
        ProcessHandle.current().pid(),
        bootstrapServers(),
        home.artifacts().toString(),
        addresses,
        processes);
  }

  /** What cannot be written now, on a full disk for example, is written later. */
  private synchronized void publishIfStale() {
    if (!publishing || !stale || closed) {
      return;
    }
    try {
      state().write(home);
      stale = false;
      unpublished = false;
    } catch (IOException e) {
      if (!unpublished) {
        unpublished = true;
        tell(
            "%s cannot be written, so that other commands do not see the new processes yet: %s"
                .formatted(home.stateFile(), e));
      }
    }
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
    services.forEach(service -> service.place().process().stop());
    services.forEach(service -> service.place().process().awaitEnd(STOP_BOUND));
    kafka.process().stop();
    kafka.process().awaitEnd(STOP_BOUND);
    journal.add("stopped");
    release(lock);
    watcher.stopped();
  }
}
