package io.affinage.cli.run;

import io.affinage.events.ContentIds;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.RoutingSlip;
import io.affinage.events.SplitPolicy;
import io.affinage.events.Stage;
import java.util.List;

/**
 * A run that is to be handed in. What it does follows from its content alone, so asking again for
 * the same finds the earlier run.
 *
 * @param name of the dataset
 * @param split null for the default
 */
public record RunRequest(
    String name,
    DatasetSource source,
    DatasetFormat format,
    DatasetLayout layout,
    SplitPolicy split,
    boolean strict,
    List<Stage> stages) {

  /**
   * The id of the run.
   *
   * @param attempt counts from 1; a later one is a new run after a failed one
   */
  String runId(int attempt) {
    String id = "run-" + ContentIds.of(name, source, format, layout, split, strict, stages);
    return attempt == 1 ? id : id + "-" + attempt;
  }

  /** The dataset alone. */
  public RunRequest withoutStages() {
    return new RunRequest(name, source, format, layout, split, strict, List.of());
  }

  DatasetSubmitted submission(String runId) {
    return new DatasetSubmitted(
        runId, name, source, format, layout, split, strict, new RoutingSlip(runId, stages));
  }

  long trainings() {
    return stages.stream().filter(stage -> stage instanceof Stage.Train).count();
  }

  long evaluations() {
    return stages.stream().filter(stage -> stage instanceof Stage.Evaluate).count();
  }
}
