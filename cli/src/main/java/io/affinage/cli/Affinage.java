package io.affinage.cli;

import io.affinage.cli.command.ChatCommand;
import io.affinage.cli.command.CompareCommand;
import io.affinage.cli.command.DemoCommand;
import io.affinage.cli.command.ExportCommand;
import io.affinage.cli.command.FitCommand;
import io.affinage.cli.command.GcCommand;
import io.affinage.cli.command.JobsCommand;
import io.affinage.cli.command.KeysCommand;
import io.affinage.cli.command.LogsCommand;
import io.affinage.cli.command.ModelsCommand;
import io.affinage.cli.command.QuantizeCommand;
import io.affinage.cli.command.ReplayCommand;
import io.affinage.cli.command.RunCommand;
import io.affinage.cli.command.SubmitCommand;
import io.affinage.cli.command.UpCommand;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.Home;
import io.affinage.cli.stack.Install;
import io.affinage.cli.terminal.Terminal;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code affinage} command: what all its subcommands share, and the entry point. */
@Command(
    name = "affinage",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    description = "Fine-tune, evaluate and serve language models, driven by Kafka events.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      DemoCommand.class,
      FitCommand.class,
      RunCommand.class,
      SubmitCommand.class,
      JobsCommand.class,
      LogsCommand.class,
      ModelsCommand.class,
      CompareCommand.class,
      ChatCommand.class,
      ExportCommand.class,
      QuantizeCommand.class,
      ReplayCommand.class,
      GcCommand.class,
      KeysCommand.class,
      CommandLine.HelpCommand.class,
      AutoComplete.GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:the job failed, or the tuned model did not pass its gate",
      "2:a wrong option, recipe or file; nothing was started",
      "3:Kafka, or the service that is needed, cannot be reached",
      "4:the local stack could not be started, or a service that a command needs ended too often",
      "130:interrupted (Ctrl-C); 143: terminated"
    },
    footerHeading = "%nServices elsewhere:%n",
    footer =
        "  AFFINAGE_TRAINER_URL and AFFINAGE_EVAL_URL say where they answer, AFFINAGE_API_KEY with which key.")
public final class Affinage implements Runnable {
  private final Terminal terminal;
  private final Install install;
  private final Map<String, String> environment;

  @Spec private CommandSpec spec;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print the result as one JSON object; progress goes to standard error.")
  private boolean json;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Where the local stack keeps its data (default: .affinage).")
  private Path home = Path.of(".affinage");

  @Option(
      names = "--bootstrap-servers",
      paramLabel = "HOST:PORT",
      scope = ScopeType.INHERIT,
      description =
          "Use the services on this Kafka cluster (default: $KAFKA_BOOTSTRAP_SERVERS, else a local stack).")
  private String bootstrapServers;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "Kafka client properties, for clusters with security (default: $AFFINAGE_KAFKA_CONFIG).")
  private Path kafkaConfig;

  @Option(
      names = "--artifacts",
      paramLabel = "STORE",
      scope = ScopeType.INHERIT,
      description =
          "The services' artifact store, a folder or s3://bucket/prefix (default: $AFFINAGE_ARTIFACTS, else the local stack's).")
  private String artifacts;

  /**
   * @param environment variables of the process
   */
  public Affinage(Terminal terminal, Install install, Map<String, String> environment) {
    this.terminal = terminal;
    this.install = install;
    this.environment = environment;
  }

  @Override
  public void run() {
    if (json) {
      throw new CommandLine.ParameterException(spec.commandLine(), "Missing a command");
    }
    spec.commandLine().usage(System.out);
  }

  /** The terminal, told what {@code --json} says. */
  public Terminal terminal() {
    if (json) {
      terminal.useJson();
    }
    return terminal;
  }

  public Install install() {
    return install;
  }

  /** The local stack's folder; made when absent. */
  public Home home() {
    Home found = Home.at(home);
    KafkaLog.writeTo(found.logs().resolve("command.log"));
    return found;
  }

  /** What says which Kafka and which store. */
  public Session.Target target() {
    return new Session.Target(
        bootstrapServers != null ? bootstrapServers : environment.get("KAFKA_BOOTSTRAP_SERVERS"),
        kafkaConfig(),
        artifacts != null ? artifacts : environment.get("AFFINAGE_ARTIFACTS"));
  }

  /** Whether commands are carried out by services of this machine. */
  public boolean usesLocalStack() {
    Session.Target target = target();
    String servers = target.bootstrapServers();
    return (servers == null || servers.isBlank()) && target.kafkaConfig() == null;
  }

  private Path kafkaConfig() {
    String variable = environment.get("AFFINAGE_KAFKA_CONFIG");
    return kafkaConfig != null || variable == null || variable.isBlank()
        ? kafkaConfig
        : Path.of(variable);
  }

  /** One variable of the environment; null when absent. */
  public String environment(String name) {
    return environment.get(name);
  }

  /**
   * Runs a command line.
   *
   * @return the exit status
   */
  public static int execute(
      Terminal terminal, Install install, Map<String, String> environment, String... arguments) {
    CommandLine commandLine = new CommandLine(new Affinage(terminal, install, environment));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpAutoWidth(true);
    Errors errors = new Errors(terminal);
    if (Arrays.asList(arguments).contains("--json")) {
      terminal.useJson();
    }
    commandLine.setParameterExceptionHandler(errors);
    commandLine.setExecutionExceptionHandler(errors);
    return commandLine.execute(arguments);
  }

  /** The entry point; see {@code affinage --help}. */
  public static void main(String[] arguments) {
    int columns = Integer.getInteger("affinage.columns", 100);
    Terminal terminal =
        new Terminal(
            new PrintStream(System.out, true, StandardCharsets.UTF_8),
            new PrintStream(System.err, true, StandardCharsets.UTF_8),
            Boolean.getBoolean("affinage.terminal"),
            columns < 20 ? 100 : columns);
    System.exit(execute(terminal, Install.current(), System.getenv(), arguments));
  }
}
