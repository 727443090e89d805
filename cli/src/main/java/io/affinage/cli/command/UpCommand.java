package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.LocalStack;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.cli.stack.StackPlan;
import io.affinage.cli.stack.StackState;
import io.affinage.cli.terminal.Table;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code affinage up}. */
@Command(
    name = "up",
    description =
        "Start a local stack (a broker and the four services on 127.0.0.1) and keep it until Ctrl-C.")
public final class UpCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Option(
      names = "--trainers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Trainers that share the queue (default: ${DEFAULT-VALUE}).")
  private int trainers;

  @Option(names = "--kafka-port", paramLabel = "PORT", description = "Default: 9092 or a free one.")
  private Integer kafkaPort;

  @Option(
      names = "--dataset-port",
      paramLabel = "PORT",
      description = "Default: 8081 or a free one.")
  private Integer datasetPort;

  @Option(
      names = "--trainer-port",
      paramLabel = "PORT",
      description = "Of the first trainer; default: 8082 or a free one.")
  private Integer trainerPort;

  @Option(
      names = "--reward-port",
      paramLabel = "PORT",
      description = "Default: 8083 or a free one.")
  private Integer rewardPort;

  @Option(names = "--eval-port", paramLabel = "PORT", description = "Default: 8084 or a free one.")
  private Integer evalPort;

  @Override
  public Integer call() throws Exception {
    if (trainers < 1 || trainers > 64) {
      throw new CliException(
          ExitCode.USAGE, "usage", "--trainers must be from 1 to 64, not %d.".formatted(trainers));
    }
    StackState.find(root.home())
        .ifPresent(
            running -> {
              throw new CliException(
                  ExitCode.STACK,
                  "stack_running",
                  "A stack of process %d is already running in %s (Kafka at %s): use it, stop it, or choose another folder with --home."
                      .formatted(running.pid(), root.home().folder(), running.bootstrapServers()));
            });
    try (Session session = Session.owning(root, plan())) {
      LocalStack stack = session.ownStack().orElseThrow();
      root.terminal().result(stack.state(), lines(stack));
      while (true) {
        stack.supervise();
        TimeUnit.MILLISECONDS.sleep(500);
      }
    }
  }

  private StackPlan plan() {
    Map<ServiceKind, Integer> instances = new EnumMap<>(ServiceKind.class);
    Map<ServiceKind, Integer> ports = new EnumMap<>(ServiceKind.class);
    for (ServiceKind kind : ServiceKind.values()) {
      instances.put(kind, kind == ServiceKind.TRAINER ? trainers : 1);
      Integer port =
          switch (kind) {
            case DATASET -> datasetPort;
            case TRAINER -> trainerPort;
            case REWARD -> rewardPort;
            case EVAL -> evalPort;
          };
      if (port != null) {
        ports.put(kind, port);
      }
    }
    for (Integer port : ports.values()) {
      requirePort(port);
    }
    if (kafkaPort != null) {
      requirePort(kafkaPort);
    }
    return new StackPlan(instances, ports, kafkaPort);
  }

  private static void requirePort(int port) {
    if (port < 0 || port > 65_535) {
      throw new CliException(
          ExitCode.USAGE, "usage", "Port %d is outside 0 to 65535.".formatted(port));
    }
  }

  private List<String> lines(LocalStack stack) {
    Table table = new Table("service", "address", "process", "log");
    table.row(
        "kafka",
        stack.bootstrapServers(),
        Long.toString(stack.brokerPid()),
        root.home().logs().resolve("kafka.log").toString());
    stack
        .services()
        .forEach(
            service ->
                table.row(
                    service.name(),
                    service.address().toString(),
                    Long.toString(service.pid()),
                    root.home().logs().resolve(service.name() + ".log").toString()));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    lines.add(
        "Requests need the key in "
            + root.home().keyFile()
            + " ('./affinage keys' tells more); the commands use it.");
    lines.add(
        "Ready. In another terminal: ./affinage demo, run, submit, jobs, models. Ctrl-C stops all.");
    return lines;
  }
}
