package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.run.EvaluationReport;
import io.affinage.cli.run.Session;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage compare}. */
@Command(
    name = "compare",
    description =
        "Compare a model with its base, plain and prompted, and with those that its evaluation named: scores, answers and their rewards.")
public final class CompareCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "MODEL", description = "A model's id, or a part of it.")
  private String id;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "3",
      description = "Items shown with every answer (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of())) {
      ModelSummary model = ModelChoice.find(session.view(Interest.MODELS), id);
      if (model.evaluation() == null) {
        throw new CliException(
            ExitCode.FAILED,
            "not_evaluated",
            "%s has not been evaluated.".formatted(model.registered().modelId()));
      }
      EvaluationReport report = new EvaluationReport(model.evaluation(), model.decision());
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("model", model.registered().modelId());
      json.putAll(report.json());
      json.put("samples", model.evaluation().samples());
      List<String> lines = new ArrayList<>();
      lines.add(model.registered().modelId());
      lines.addAll(report.lines());
      lines.addAll(report.sampleLines(samples));
      root.terminal().result(json, lines);
      return ExitCode.OK.status();
    }
  }
}
