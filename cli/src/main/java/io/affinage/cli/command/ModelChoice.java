package io.affinage.cli.command;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.ModelSummary;
import java.util.List;

/** A model by its id, or by a part of it that no other has. */
final class ModelChoice {
  private ModelChoice() {}

  static ModelSummary find(EventView view, String id) {
    List<ModelSummary> found =
        view.models().stream().filter(model -> model.registered().modelId().contains(id)).toList();
    List<ModelSummary> exact =
        found.stream().filter(model -> model.registered().modelId().equals(id)).toList();
    List<ModelSummary> best = exact.isEmpty() ? found : exact;
    if (best.size() != 1) {
      throw new CliException(
          ExitCode.USAGE,
          best.isEmpty() ? "model_not_found" : "model_ambiguous",
          best.isEmpty()
              ? "No model '%s': see 'affinage models'.".formatted(id)
              : "%d models contain '%s': give more of the id.".formatted(best.size(), id));
    }
    return best.get(0);
  }
}
