package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTree;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.Decoder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The micro-batches of a run's steps and how much work each is, so that measuring some tells of
 * all. Long runs are planned by their first steps, of which the rest is like.
 */
final class StepPlan {
  private static final int PLANNED_STEPS = 1000;

  private final List<Load> loads = new ArrayList<>();
  private final int plannedSteps;
  private final int totalSteps;

  /**
   * One micro-batch.
   *
   * @param groups what it holds
   * @param work multiplications, up to a factor that all have in common
   * @param nodes tokens that are computed
   */
  record Load(List<Group> groups, double work, int nodes) {}

  private StepPlan(int plannedSteps, int totalSteps) {
    this.plannedSteps = plannedSteps;
    this.totalSteps = totalSteps;
  }

  static StepPlan of(
      Decoder decoder,
      List<Group> rows,
      TrainingSettings settings,
      int totalSteps,
      int virtualTokens) {
    BatchSource order = new FixedGroups(rows, settings);
    StepPlan plan = new StepPlan(Math.min(totalSteps, PLANNED_STEPS), totalSteps);
    for (int step = 0; step < plan.plannedSteps; step++) {
      for (List<Group> groups : MicroBatches.of(order.next(step), settings.batching())) {
        PrefixTreeRow row =
            GroupRow.of(groups, decoder, settings.sharesPrefixes(), virtualTokens).row();
        plan.loads.add(new Load(groups, work(decoder, row), row.tree().nodes()));
      }
    }
    return plan;
  }

  /** Linear layers by token, attention by pairs of positions, the head by target. */
  private static double work(Decoder decoder, PrefixTreeRow row) {
    double vocabulary = (double) decoder.shape().vocabularySize() * decoder.shape().hiddenSize();
    double blocks = Math.max(0, decoder.config().parameters() - vocabulary);
    PrefixTree tree = row.tree();
    double pairs = (double) tree.documents() * tree.longest() * tree.longest();
    return tree.nodes() * blocks
        + pairs * 2 * decoder.shape().hiddenSize() * decoder.shape().layers()
        + row.targetTokens().length * vocabulary;
  }

  /** Steps of the run for each planned one. */
  private double scale() {
    return (double) totalSteps / plannedSteps;
  }

  double work() {
    return scale() * loads.stream().mapToDouble(Load::work).sum();
  }

  long computedTokens() {
    return Math.round(scale() * loads.stream().mapToLong(Load::nodes).sum());
  }

  long tokens() {
    return Math.round(
        scale()
            * loads.stream().flatMap(load -> load.groups.stream()).mapToLong(Group::tokens).sum());
  }

  /** The micro-batch that needs the most memory. */
  Load largest() {
    return loads.stream().max(Comparator.comparingDouble(Load::work)).orElseThrow();
  }

  /** So many micro-batches that stand for all, by their amount of work. */
  List<Load> typical(int count) {
    return Quantiles.of(
        loads.stream().sorted(Comparator.comparingDouble(Load::work)).toList(), count);
  }
}
