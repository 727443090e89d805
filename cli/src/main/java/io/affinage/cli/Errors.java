package io.affinage.cli;

import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.cli.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Errors as the user meets them: what is wrong and what to do, never a stack trace. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {
  private final Terminal terminal;

  Errors(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    if (e instanceof MissingParameterException && !command.getUnmatchedArguments().isEmpty()) {
      // What is missing may be what was misspelt.
      return handleParseException(
          new UnmatchedArgumentException(command, command.getUnmatchedArguments()), arguments);
    }
    StringBuilder message = new StringBuilder(e.getMessage().strip());
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> suggestions = new ArrayList<>(unmatched.getSuggestions());
      if (!suggestions.isEmpty()) {
        message.append("; did you mean ").append(String.join(" or ", suggestions)).append('?');
      }
    }
    message.append(" (see '").append(command.getCommandSpec().qualifiedName()).append(" --help')");
    return shown(ExitCode.USAGE, "usage", message.toString());
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof CliException known) {
      return shown(known.exit(), known.code(), known.getMessage());
    }
    if (e instanceof ArtifactStoreException store) {
      return shown(ExitCode.FAILED, store.code(), store.getMessage());
    }
    Optional<CliException> refused = KafkaRefusal.of(e);
    if (refused.isPresent()) {
      return handleExecutionException(refused.get(), command, parsed);
    }
    if (e instanceof KafkaException) {
      return shown(
          ExitCode.UNREACHABLE,
          "kafka_failed",
          "Kafka: " + e.getMessage() + ". Is the cluster up, and are its settings right?");
    }
    if (e instanceof IOException) {
      return shown(ExitCode.FAILED, "io_failed", e.toString());
    }
    // A defect of ours: its trace is what a report needs, so it is the one that is shown.
    e.printStackTrace();
    return shown(ExitCode.FAILED, "internal_error", "This is a defect of affinage: " + e);
  }

  private int shown(ExitCode exit, String code, String message) {
    terminal.note("affinage: " + message);
    if (terminal.json()) {
      Map<String, String> error = new LinkedHashMap<>();
      error.put("code", code);
      error.put("message", message);
      terminal.result(Map.of("error", error), List.of());
    }
    return exit.status();
  }
}
