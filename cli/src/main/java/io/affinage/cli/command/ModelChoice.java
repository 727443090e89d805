package io.affinage.cli.command;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.ModelView;
import java.util.List;

/** A model by its id, or by a part of it that no other has. */
final class ModelChoice {
  private ModelChoice() {}

  static ModelView find(EventView view, String id) {
    List<ModelView> found =
        view.models().stream().filter(model -> model.registered().modelId().contains(id)).toList();
    List<ModelView> exact =
        found.stream().filter(model -> model.registered().modelId().equals(id)).toList();
    List<ModelView> best = exact.isEmpty() ? found : exact;
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
