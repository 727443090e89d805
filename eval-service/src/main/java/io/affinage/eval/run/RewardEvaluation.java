package io.affinage.eval.run;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.EvaluationDataset;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.dataset.Items;
import io.affinage.eval.metric.Comparison;
import io.affinage.eval.metric.Estimate;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.metric.RewardAccuracy;
import io.affinage.eval.model.RewardScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One evaluation of a reward model: scores both answers of each pair of the split, and tells how
 * often the chosen one is ahead. The same plan, dataset and model give the same findings.
 */
public final class RewardEvaluation {
  private static final int SAMPLES = 5;
  private static final int SAMPLE_CHARACTERS = 2_000;

  private final Plan plan;
  private final EvaluationDataset dataset;
  private final RewardScorer scorer;
  private final ProgressListener progress;
  private int done;

  public RewardEvaluation(
      Plan plan, EvaluationDataset dataset, RewardScorer scorer, ProgressListener progress) {
    this.plan = plan;
    this.dataset = dataset;
    this.scorer = scorer;
    this.progress = progress;
  }

  /**
   * Does it.
   *
   * @throws EvaluationException {@code invalid_spec} where no row is a pair, {@code items_too_long}
   *     where no pair fits the model's context
   */
  public Findings run() {
    Items all = dataset.items(plan.split(), plan.maxItems().orElse(null), 0);
    List<Item> items = all.measured().stream().filter(item -> item.rejected().isPresent()).toList();
    if (items.isEmpty()) {
      throw new EvaluationException(
          "invalid_spec",
          "no row of split '%s' is a pair of a chosen and a rejected answer to one prompt, which reward_accuracy compares: give rows with chosen and rejected (layout preference), without keep"
              .formatted(plan.split()),
          "spec.metrics");
    }
    List<RewardScorer.Answered> answers = new ArrayList<>();
    for (Item item : items) {
      answers.add(new RewardScorer.Answered(item.prompt(), item.reference()));
      answers.add(new RewardScorer.Answered(item.prompt(), item.rejected().orElseThrow()));
    }
    progress.at(Variant.TUNED, 0, answers.size());
    List<Optional<RewardScorer.Score>> scores =
        scorer.scores(answers, more -> progress.at(Variant.TUNED, done += more, answers.size()));
    List<RewardAccuracy.Pair> pairs = new ArrayList<>();
    List<Findings.Sample> samples = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Optional<RewardScorer.Score> chosen = scores.get(2 * i);
      Optional<RewardScorer.Score> rejected = scores.get(2 * i + 1);
      if (chosen.isPresent() && rejected.isPresent()) {
        RewardAccuracy.Pair pair =
            new RewardAccuracy.Pair(
                chosen.get().value(),
                rejected.get().value(),
                chosen.get().tokens(),
                rejected.get().tokens());
        pairs.add(pair);
        if (samples.size() < SAMPLES) {
          samples.add(sample(items.get(i), pair));
        }
      }
    }
    if (pairs.isEmpty()) {
      throw new EvaluationException(
          "items_too_long",
          "no pair of split '%s' fits the reward model's context".formatted(plan.split()),
          "dataset");
    }
    return findings(pairs, samples, all.leftOut() + all.measured().size() - pairs.size());
  }

  private Findings findings(
      List<RewardAccuracy.Pair> pairs, List<Findings.Sample> samples, int leftOut) {
    RewardAccuracy metric = Metrics.REWARD_ACCURACY;
    Map<String, Estimate> estimates = metric.estimates(pairs, plan.seed());
    Comparison comparison = metric.againstChance(pairs, plan.seed());
    return new Findings(
        Map.of(Variant.TUNED, estimates),
        Optional.empty(),
        Optional.of(comparison),
        Map.of(),
        samples,
        pairs.size(),
        leftOut,
        plan.gate().decide(comparison, "chance"),
        metric.isMostlyLength(estimates)
            ? List.of(
                new Findings.Warning(
                    "reward_mostly_length",
                    "the reward is mostly length: " + metric.length(estimates)))
            : List.of());
  }

  /** What a person sees: the chosen answer, and both scores. */
  private static Findings.Sample sample(Item item, RewardAccuracy.Pair pair) {
    return new Findings.Sample(
        head(item.question()),
        head(item.reference()),
        Map.of(
            Variant.TUNED,
            String.format(
                    Locale.ROOT,
                    "score %.4f, and %.4f for the rejected answer: ",
                    pair.chosen(),
                    pair.rejected())
                + head(item.rejected().orElseThrow())),
        Map.of(Variant.TUNED, pair.chosen()));
  }

  private static String head(String text) {
    return text.length() <= SAMPLE_CHARACTERS
        ? text
        : text.substring(0, SAMPLE_CHARACTERS) + "\u2026";
  }
}
