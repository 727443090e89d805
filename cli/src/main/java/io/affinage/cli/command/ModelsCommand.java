package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.run.Session;
import io.affinage.cli.terminal.Table;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationCompleted.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code affinage models}. */
@Command(name = "models", description = "List the registered models and the decisions on them.")
public final class ModelsCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of())) {
      List<ModelSummary> models = List.copyOf(session.view(Interest.MODELS).models());
      Table table = new Table("model", "kind", "status", "metric", "base", "tuned");
      List<Map<String, Object>> json = new ArrayList<>();
      for (ModelSummary model : models) {
        table.row(row(model));
        json.add(json(model));
      }
      root.terminal()
          .result(
              Map.of("models", json),
              models.isEmpty() ? List.of("No models yet. Try ./affinage demo") : table.lines());
      return ExitCode.OK.status();
    }
  }

  static String[] row(ModelSummary model) {
    EvaluationCompleted evaluation = model.evaluation();
    return new String[] {
      model.registered().modelId(),
      model.registered().kind().name().toLowerCase(Locale.ROOT),
      model.status(),
      evaluation == null ? "-" : evaluation.decidingMetric(),
      score(evaluation, "base"),
      score(evaluation, "tuned")
    };
  }

  private static String score(EvaluationCompleted evaluation, String variant) {
    if (evaluation == null || !evaluation.variants().containsKey(variant)) {
      return "-";
    }
    Estimate estimate = evaluation.variants().get(variant).get(evaluation.decidingMetric());
    return estimate == null ? "-" : String.format(Locale.ROOT, "%.3f", estimate.score());
  }

  static Map<String, Object> json(ModelSummary model) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", model.registered().modelId());
    json.put("kind", model.registered().kind());
    json.put("status", model.status());
    json.put("digest", model.registered().model().digest());
    json.put("base_model", model.registered().baseModel());
    json.put("dataset", model.registered().dataset().digest());
    json.put("job", model.registered().jobId());
    json.put("created_at", model.registered().createdAt());
    json.put("metrics", model.registered().metrics());
    json.put("reason", model.decision() == null ? null : model.decision().reason());
    return json;
  }
}
