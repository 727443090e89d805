package io.affinage.cli.run;

import io.affinage.events.ContentIds;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A run that is to be handed in. What it does follows from its content alone, so asking again for
 * the same finds the earlier run.
 *
 * @param name of the dataset
 * @param rules how the dataset is read
 */
public record RunRequest(String name, DatasetSource source, DataRules rules, List<Stage> stages) {

  /**
   * The id of the run.
   *
   * @param attempt counts from 1; a later one is a new run after a failed one
   */
  String runId(int attempt) {
    List<Object> asked =
        new ArrayList<>(
            Arrays.asList(
                name,
                source,
                rules.format(),
                rules.layout(),
                rules.split(),
                rules.strict(),
                stages));
    if (rules.encoding() != null || rules.separator() != null || rules.keep() != null) {
      // Left out where nothing is said, so that runs keep the ids that they have.
      asked.addAll(Arrays.asList(rules.encoding(), rules.separator(), rules.keep()));
    }
    String id = "run-" + ContentIds.of(asked.toArray());
    return attempt == 1 ? id : id + "-" + attempt;
  }

  /** The dataset alone. */
  public RunRequest withoutStages() {
    return new RunRequest(name, source, rules, List.of());
  }

  DatasetSubmitted submission(String runId) {
    return new DatasetSubmitted(
        runId,
        name,
        source,
        rules.format(),
        rules.layout(),
        rules.split(),
        rules.strict(),
        new RoutingSlip(runId, stages),
        rules.encoding(),
        rules.separator(),
        rules.keep());
  }

  long trainings() {
    return stages.stream().filter(stage -> stage instanceof Stage.Train).count();
  }

  long evaluations() {
    return stages.stream().filter(stage -> stage instanceof Stage.Evaluate).count();
  }
}
