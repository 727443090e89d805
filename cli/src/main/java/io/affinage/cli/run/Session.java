package io.affinage.cli.run;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.KafkaRefusal;
import io.affinage.cli.client.DeadLetter;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.Publisher;
import io.affinage.cli.client.ServiceAddress;
import io.affinage.cli.stack.Home;
import io.affinage.cli.stack.LocalKey;
import io.affinage.cli.stack.LocalStack;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.cli.stack.StackPlan;
import io.affinage.cli.stack.StackState;
import io.affinage.cli.stack.StackWatcher;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.Event;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicListener;
import io.affinage.events.follow.TopicReader;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * A command's connection to the services: a cluster that the user names, the stack that is running
 * in this folder, or one of its own that ends with it.
 */
public final class Session implements AutoCloseable {
  private static final int REACH_MILLIS = 6_000;

  /** After which reading what there is is given up. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final ArtifactStore store;
  private final String storeLocation;
  private final Map<String, Object> connection;
  private final LocalStack ownStack;
  private final Map<ServiceKind, URI> addresses;
  private final Terminal terminal;
  private final Optional<String> key;
  private final EventView view = new EventView();
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private final List<Consumer<Event<?>>> listeners = new ArrayList<>();
  private Interest interest;
  private TopicReader reader;
  private Publisher publisher;

  /**
   * What the user said.
   *
   * @param bootstrapServers null for those of {@code kafkaConfig}, or for a local stack
   * @param kafkaConfig a properties file; null for none
   * @param artifacts the store's location; null for the local stack's
   */
  public record Target(String bootstrapServers, Path kafkaConfig, String artifacts) {}

  private Session(
      Map<String, Object> connection,
      String storeLocation,
      LocalStack ownStack,
      Map<ServiceKind, URI> addresses,
      Terminal terminal,
      Optional<String> key)
      throws IOException {
    this.connection = connection;
    this.storeLocation = storeLocation;
    this.store = ArtifactStores.open(storeLocation);
    this.ownStack = ownStack;
    this.addresses = addresses;
    this.terminal = terminal;
    this.key = key;
  }

  /**
   * Connects, starting a local stack when there is none.
   *
   * @param needed the services that the command needs; a running stack must have them, one of our
   *     own gets just these
   */
  public static Session open(Affinage root, Set<ServiceKind> needed) throws IOException {
    Target target = root.target();
    Map<String, Object> connection = properties(target.kafkaConfig());
    if (target.bootstrapServers() != null && !target.bootstrapServers().isBlank()) {
      connection.put("bootstrap.servers", target.bootstrapServers());
    }
    if (connection.containsKey("bootstrap.servers")) {
      return remote(root, connection, target);
    }
    if (target.kafkaConfig() != null) {
      throw new CliException(
          ExitCode.USAGE,
          "no_bootstrap_servers",
          "%s names no bootstrap.servers: add them to it, or give --bootstrap-servers."
              .formatted(target.kafkaConfig()));
    }
    Home home = root.home();
    Optional<StackState> running = StackState.find(home);
    if (running.isPresent()) {
      return joined(running.get(), home, needed, root.terminal());
    }
    return owning(root, StackPlan.of(needed));
  }

  private static Session remote(Affinage root, Map<String, Object> connection, Target target)
      throws IOException {
    Home home = root.home();
    requireReachable(connection);
    Map<ServiceKind, URI> addresses = new EnumMap<>(ServiceKind.class);
    for (ServiceKind kind : ServiceKind.values()) {
      String url = root.environment(variable(kind));
      if (url != null) {
        addresses.put(kind, URI.create(url));
      }
    }
    return new Session(
        connection,
        target.artifacts() != null ? target.artifacts() : home.artifacts().toString(),
        null,
        addresses,
        root.terminal(),
        Optional.ofNullable(root.environment("AFFINAGE_API_KEY")).filter(text -> !text.isBlank()));
  }

  private static Session joined(
      StackState state, Home home, Set<ServiceKind> needed, Terminal terminal) throws IOException {
    for (ServiceKind kind : needed) {
      if (!state.services().containsKey(kind.module())) {
        throw new CliException(
            ExitCode.UNREACHABLE,
            "service_not_running",
            "The stack of process %d in %s has no %s: wait until it ends, or stop it."
                .formatted(state.pid(), home.folder(), kind.module()));
      }
    }
    Map<String, Object> connection = new HashMap<>();
    connection.put("bootstrap.servers", state.bootstrapServers());
    requireReachable(connection);
    Map<ServiceKind, URI> addresses = new EnumMap<>(ServiceKind.class);
    for (ServiceKind kind : ServiceKind.values()) {
      List<String> instances = state.services().get(kind.module());
      if (instances != null) {
        addresses.put(kind, URI.create(instances.get(0)));
      }
    }
    return new Session(
        connection, state.artifacts(), null, addresses, terminal, new LocalKey(home).read());
  }

  /** A session on a stack of its own, whatever else runs. */
  public static Session owning(Affinage root, StackPlan plan) throws IOException {
    Home home = root.home();
    Terminal terminal = root.terminal();
    Map<String, Object> connection = new HashMap<>();
    LocalStack stack = LocalStack.start(root.install(), home, plan, new Watcher(terminal));
    connection.put("bootstrap.servers", stack.bootstrapServers());
    Map<ServiceKind, URI> addresses = new EnumMap<>(ServiceKind.class);
    for (ServiceKind kind : ServiceKind.values()) {
      stack.address(kind).ifPresent(address -> addresses.put(kind, address));
    }
    return new Session(
        connection,
        home.artifacts().toString(),
        stack,
        addresses,
        terminal,
        new LocalKey(home).read());
  }

  private record Watcher(Terminal terminal) implements StackWatcher {
    @Override
    public void started(LocalStack stack) {
      Runtime.getRuntime().addShutdownHook(new Thread(stack::close, "stop"));
    }

    @Override
    public void waiting(String what) {
      terminal.status("local stack: " + what);
    }

    @Override
    public void incident(String line) {
      terminal.note("stack     " + line);
    }

    @Override
    public void stopped() {
      terminal.clear();
    }
  }

  private static Map<String, Object> properties(Path file) {
    Map<String, Object> connection = new HashMap<>();
    if (file != null) {
      try (Reader in = Files.newBufferedReader(file)) {
        Properties properties = new Properties();
        properties.load(in);
        properties
            .stringPropertyNames()
            .forEach(name -> connection.put(name, properties.getProperty(name)));
      } catch (IOException e) {
        throw new CliException(
            ExitCode.USAGE, "file_unreadable", file + " cannot be read: " + e.getMessage(), e);
      }
    }
    return connection;
  }

  private static void requireReachable(Map<String, Object> connection) {
    Map<String, Object> configuration = new HashMap<>(connection);
    configuration.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REACH_MILLIS);
    configuration.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REACH_MILLIS);
    try (Admin admin = Admin.create(configuration)) {
      admin.describeCluster().nodes().get();
    } catch (ExecutionException | KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      Optional<CliException> refused = KafkaRefusal.of(cause);
      if (refused.isPresent()) {
        throw refused.get();
      }
      throw new CliException(
          ExitCode.UNREACHABLE,
          "kafka_unreachable",
          "No Kafka answers at %s (%s): start it, correct --bootstrap-servers, or leave it out for a local stack."
              .formatted(connection.get("bootstrap.servers"), cause.getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.FAILED, "interrupted", "Interrupted while connecting.", e);
    }
  }

  /** The services' store. */
  public ArtifactStore store() {
    return store;
  }

  /** Where {@link #store()} lies. */
  public String storeLocation() {
    return storeLocation;
  }

  /** The address of an instance of a service, and the key for it. */
  public ServiceAddress service(ServiceKind kind) {
    URI address = addresses.get(kind);
    if (address == null) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "service_unknown",
          "The address of the %s is not known: set %s, for example to http://127.0.0.1:%d."
              .formatted(kind.module(), variable(kind), kind.defaultPort()));
    }
    return new ServiceAddress(address, key);
  }

  private static String variable(ServiceKind kind) {
    return "AFFINAGE_" + kind.name() + "_URL";
  }

  /** The stack that this session started. */
  public Optional<LocalStack> ownStack() {
    return Optional.ofNullable(ownStack);
  }

  /** Tells every event that counts and is read from now on. */
  public void listen(Consumer<Event<?>> listener) {
    listeners.add(listener);
  }

  /**
   * What the events up to now add up to, as far as the command wants to know; the first call reads
   * them all, and later ones want the same.
   */
  public EventView view(Interest wanted) {
    if (reader == null) {
      interest = wanted;
      reader = new TopicReader(connection, wanted.topics(), new Hearing());
      reader.catchUp(SILENCE);
      tellSkipped();
    }
    if (wanted != interest) {
      throw new IllegalStateException("it reads " + interest + ", not " + wanted);
    }
    return view;
  }

  /**
   * Reads everything that is on the topics.
   *
   * @throws CliException {@code events_unreadable} where something on them cannot be read, or a
   *     topic is not there
   */
  public void readAll(TopicListener listener) {
    try (TopicReader all = new TopicReader(connection, Topics.events(), listener)) {
      all.catchUp(SILENCE);
      if (all.skipped() > 0 || !all.missing().isEmpty()) {
        throw new CliException(
            ExitCode.FAILED,
            "events_unreadable",
            "%d records cannot be read and these topics are missing: %s. What they name would be taken for unused; nothing was removed."
                .formatted(all.skipped(), all.missing()));
      }
    }
  }

  /** Services count such records and put them aside; here they only explain what is missing. */
  private void tellSkipped() {
    if (reader.skipped() > 0) {
      terminal.note(
          "kafka     %d records cannot be read and are left out".formatted(reader.skipped()));
    }
  }

  private final class Hearing implements TopicListener {
    @Override
    public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
      if (view.accept(event, record)) {
        listeners.forEach(listener -> listener.accept(event));
      }
    }

    @Override
    public void deadLetter(ConsumerRecord<byte[], byte[]> record) {
      deadLetters.add(DeadLetter.of(record));
    }
  }

  /** Reads on after {@link #view}, waiting at most so long, and looks after our own stack. */
  public void poll(Duration wait) {
    reader.poll(wait);
    if (ownStack != null) {
      ownStack.supervise();
      ownStack.requireWorking();
    }
  }

  /** A record of this run that some service could not use. */
  public Optional<DeadLetter> deadLetter(String runId) {
    return deadLetters.stream().filter(letter -> letter.runId().equals(runId)).findFirst();
  }

  public Publisher publisher() {
    if (publisher == null) {
      publisher = new Publisher(connection);
    }
    return publisher;
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
    }
    if (publisher != null) {
      publisher.close();
    }
    if (ownStack != null) {
      ownStack.close();
    }
  }
}
