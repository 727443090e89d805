package io.affinage.cli.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.events.DatasetReady;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EventJson;
import io.affinage.events.LearnedRewards;
import io.affinage.events.Stage;
import io.affinage.events.StageNeeds;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What each stage of a run would do and take, found without doing any of it: its settings with
 * every default, whether its data fit, and for a training what a trainer finds by trying some
 * steps. A stage that goes on from a model which an earlier one makes is tried with the model that
 * the chain begins with: memory and time hardly differ.
 */
public final class Rehearsal {
  private static final ObjectMapper JSON = EventJson.mapper();
  private static final String SCRATCH = "scratch";

  private final StagePlan plan;
  private final List<Finding> findings;

  /** Who knows what a training would take. */
  @FunctionalInterface
  public interface Trainer {
    /**
     * @param submission of a dataset that is ready
     * @throws CliException when the trainer refuses the training, or does not answer
     */
    DryRunReport ask(Stage.Train training, String submission)
        throws IOException, InterruptedException;
  }

  /**
   * What was found of a stage.
   *
   * @param rows that it learns from, or measures
   * @param settings with every default; null where they contradict each other
   * @param report empty for an evaluation, and where nothing could be tried
   */
  private record Finding(
      long rows,
      Object settings,
      Optional<DryRunReport> report,
      List<String> notes,
      List<ErrorDetail> problems) {}

  /**
   * What a training starts from.
   *
   * @param root what the chain of stages begins with, as a request names it
   * @param adapter that is trained further; empty for none
   * @param made by which stage, for people; empty where the model is there
   */
  private record Start(String root, Optional<AdapterSpec> adapter, Optional<String> made) {}

  private Rehearsal(StagePlan plan, List<Finding> findings) {
    this.plan = plan;
    this.findings = findings;
  }

  /**
   * Goes through all stages, whatever is wrong with some.
   *
   * @param datasets of each stage
   * @throws CliException when the trainer does not answer
   */
  public static Rehearsal of(StagePlan plan, List<DatasetReady> datasets, Trainer trainer)
      throws IOException, InterruptedException {
    Map<String, Start> made = new HashMap<>();
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < plan.stages().size(); i++) {
      DatasetReady data = datasets.get(i);
      findings.add(
          plan.stages().get(i) instanceof Stage.Train train
              ? training(i, train, data, made, trainer)
              : evaluation((Stage.Evaluate) plan.stages().get(i), data));
    }
    return new Rehearsal(plan, findings);
  }

  private static Finding training(
      int index, Stage.Train train, DatasetReady data, Map<String, Start> made, Trainer trainer)
      throws IOException, InterruptedException {
    List<ErrorDetail> problems = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    StageNeeds.ofTraining(data, train.spec(), null).ifPresent(problems::add);
    Start start = start(train.baseModel(), made);
    boolean scratch = start.made().isEmpty() && start.root().equals(SCRATCH);
    TrainingSpec spec = null;
    try {
      spec = SpecResolver.resolve(train.spec(), scratch, start.adapter());
    } catch (InvalidSpecException e) {
      problems.addAll(e.problems());
    }
    String name = train.name() == null ? "stage " + (index + 1) : "stage " + train.name();
    Start own =
        new Start(
            start.root(),
            Optional.ofNullable(spec)
                .map(TrainingSpec::adapter)
                .filter(adapter -> !(adapter instanceof NoAdapter)),
            Optional.of(name));
    if (!LearnedRewards.isMadeBy(train.spec())) {
      made.put(Stage.PREVIOUS, own);
    }
    if (train.name() != null) {
      made.put(Stage.OF_STAGE + train.name(), own);
    }
    Optional<DryRunReport> report = Optional.empty();
    if (problems.isEmpty()) {
      report = asked(train, spec, start, data, trainer, notes, problems);
    }
    return new Finding(count(data, "train"), spec, report, notes, problems);
  }

  private static Start start(String base, Map<String, Start> made) {
    Start known = made.get(base);
    return known != null ? known : new Start(base, Optional.empty(), Optional.empty());
  }

  private static Optional<DryRunReport> asked(
      Stage.Train train,
      TrainingSpec spec,
      Start start,
      DatasetReady data,
      Trainer trainer,
      List<String> notes,
      List<ErrorDetail> problems)
      throws IOException, InterruptedException {
    if (start.made().isPresent()) {
      boolean scratch = start.root().equals(SCRATCH);
      notes.add(
          scratch
              ? "its base is made by %s of a run from scratch: memory and time cannot be told before"
                  .formatted(start.made().get())
              : "the model of %s is not there yet: memory and time are those of training from %s"
                  .formatted(start.made().get(), start.root()));
      if (scratch) {
        return Optional.empty();
      }
    }
    try {
      DryRunReport report =
          trainer.ask(
              new Stage.Train(
                  start.root(), start.made().isPresent() ? spec : train.spec(), train.suffix()),
              data.submissionId());
      report.problem().ifPresent(problems::add);
      return Optional.of(report);
    } catch (CliException e) {
      if (e.exit() == ExitCode.UNREACHABLE) {
        throw e;
      }
      problems.add(new ErrorDetail(e.code(), e.getMessage(), null));
      return Optional.empty();
    }
  }

  private static Finding evaluation(Stage.Evaluate evaluate, DatasetReady data) {
    List<ErrorDetail> problems = new ArrayList<>();
    StageNeeds.ofEvaluation(data, evaluate.spec(), null).ifPresent(problems::add);
    EvaluationSpec spec = null;
    try {
      spec = Settings.withDefaults(evaluate.spec());
    } catch (InvalidSpecException e) {
      problems.addAll(e.problems());
    }
    long rows = spec == null ? 0 : count(data, spec.split());
    if (spec != null && spec.maxItems() != null) {
      rows = Math.min(rows, spec.maxItems());
    }
    return new Finding(rows, spec, Optional.empty(), List.of(), problems);
  }

  private static long count(DatasetReady data, String split) {
    return data.splits().getOrDefault(split, 0L);
  }

  /** Whether all stages could run, as far as can be known. */
  public boolean possible() {
    return findings.stream().allMatch(finding -> finding.problems().isEmpty());
  }

  /** The first training's answer, with {@code stages} of which each has what was found of it. */
  public ObjectNode json() {
    ObjectNode json =
        findings.stream()
            .flatMap(finding -> finding.report().stream())
            .findFirst()
            .map(report -> (ObjectNode) report.json().deepCopy())
            .orElseGet(JSON::createObjectNode);
    ArrayNode stages = json.putArray("stages");
    List<Map<String, String>> roles = plan.json();
    for (int i = 0; i < findings.size(); i++) {
      Finding finding = findings.get(i);
      ObjectNode stage = stages.addObject();
      roles.get(i).forEach(stage::put);
      stage.put("rows", finding.rows());
      stage.set("settings", JSON.valueToTree(finding.settings()));
      stage.set("dry_run", finding.report().map(DryRunReport::json).orElse(null));
      stage.set("notes", JSON.valueToTree(finding.notes()));
      stage.set("problems", JSON.valueToTree(finding.problems()));
    }
    return json;
  }

  /** For people: the plan, all problems, and then each stage. */
  public List<String> lines() {
    List<String> plans = plan.lines();
    List<String> lines = new ArrayList<>(plans);
    lines.add("");
    for (int i = 0; i < findings.size(); i++) {
      for (ErrorDetail problem : findings.get(i).problems()) {
        lines.add(
            "problem   stage %d: %s [%s]".formatted(i + 1, problem.message(), problem.code()));
      }
    }
    for (int i = 0; i < findings.size(); i++) {
      Finding finding = findings.get(i);
      lines.add("");
      lines.add(plans.get(i));
      finding.notes().forEach(note -> lines.add("note      " + note));
      lines.add("%-28s %,d".formatted("rows", finding.rows()));
      if (finding.report().isPresent()) {
        lines.addAll(finding.report().get().lines());
      } else if (finding.settings() != null) {
        lines.add("settings:");
        DryRunReport.settings("", JSON.valueToTree(finding.settings()), lines);
      }
    }
    return lines;
  }
}
