package io.affinage.eval.run;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.EvaluationDataset;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.dataset.Items;
import io.affinage.eval.metric.AnswerMetric;
import io.affinage.eval.metric.Comparison;
import io.affinage.eval.metric.Estimate;
import io.affinage.eval.metric.LikelihoodMetric;
import io.affinage.eval.metric.Likelihoods;
import io.affinage.eval.metric.Measurements;
import io.affinage.eval.metric.Metric;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.Prompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One evaluation: reads the split, measures each variant, scores the answers, compares and decides.
 * The same plan, dataset and models give the same findings.
 */
public final class Evaluation {
  private static final int SAMPLES = 5;
  private static final int SAMPLE_CHARACTERS = 2_000;

  private final Plan plan;
  private final EvaluationDataset dataset;
  private final ModelPair models;
  private final Scorer scorer;
  private final ProgressListener progress;

  public Evaluation(
      Plan plan,
      EvaluationDataset dataset,
      ModelPair models,
      Scorer scorer,
      ProgressListener progress) {
    this.plan = plan;
    this.dataset = dataset;
    this.models = models;
    this.scorer = scorer;
    this.progress = progress;
  }

  /**
   * Does it.
   *
   * @throws EvaluationException with a stable code
   */
  public Findings run() {
    Items all = dataset.items(plan.split(), plan.maxItems().orElse(null), plan.fewShot());
    List<String> choices = choices();
    List<Item> items = fitting(measurable(all.measured()), choices);
    check(items, choices);

    Map<Variant, EvaluatedModel> variants = variants();
    Map<Variant, VariantRun.Outcome> outcomes = new LinkedHashMap<>();
    variants.forEach(
        (variant, model) -> {
          List<Item> examples = variant.equals(Variant.PROMPTED) ? all.examples() : List.of();
          outcomes.put(
              variant,
              new VariantRun(plan, variant, model, new FewShot(examples), choices, progress)
                  .over(items));
        });

    Map<AnswerMetric, Map<Variant, List<Double>>> scores = scores(items, outcomes);
    Map<Metric, Map<Variant, Map<String, Measurements>>> measured =
        measurements(items, choices, outcomes, scores);
    Map<Variant, Comparison> comparisons = new LinkedHashMap<>();
    for (String name : models.compared().keySet()) {
      Variant other = new Variant(name);
      comparisons.put(other, comparison(measured.get(plan.deciding()), other));
    }
    Optional<Comparison> comparison =
        reference().map(other -> comparison(measured.get(plan.deciding()), other));
    return new Findings(
        estimates(measured),
        reference(),
        comparison,
        comparisons,
        samples(items, outcomes, scores),
        items.size(),
        all.leftOut() + all.measured().size() - items.size(),
        comparison
            .map(found -> plan.gate().decide(found, referenceName()))
            .orElseGet(this::withoutBase));
  }

  private String referenceName() {
    return reference()
        .filter(variant -> !variant.equals(Variant.BASE))
        .map(Variant::wireName)
        .orElse("the base");
  }

  /** What is measured, in the order of the report. */
  private Map<Variant, EvaluatedModel> variants() {
    Map<Variant, EvaluatedModel> variants = new LinkedHashMap<>();
    models.compared().forEach((name, model) -> variants.put(new Variant(name), model));
    reference().ifPresent(base -> variants.putIfAbsent(base, models.base().orElseThrow()));
    if (models.base().isPresent() && plan.fewShot() > 0) {
      variants.put(Variant.PROMPTED, models.base().get());
    }
    variants.put(Variant.TUNED, models.tuned());
    return variants;
  }

  /** What the tuned model was trained from, by the name that it is reported under. */
  private Optional<Variant> reference() {
    if (models.base().isEmpty()) {
      return Optional.empty();
    }
    return models
        .reference()
        .map(Variant::new)
        .or(
            () ->
                Optional.of(
                    models.compared().containsKey(Variant.BASE.wireName())
                        ? Variant.PARENT
                        : Variant.BASE));
  }

  private List<String> choices() {
    if (plan.likelihoodMetrics().stream().noneMatch(LikelihoodMetric::usesChoices)) {
      return List.of();
    }
    List<String> choices =
        plan.choices().isEmpty() ? dataset.answers(plan.split()) : plan.choices();
    if (choices.size() < 2 || choices.size() > Plan.MAX_CHOICES) {
      throw new EvaluationException(
          "invalid_choices",
          "multiple_choice needs 2 to %d choices; the dataset has %d distinct answers: name them in the spec"
              .formatted(Plan.MAX_CHOICES, choices.size()),
          "spec.choices");
    }
    return choices;
  }

  /**
   * Items that every model can read whole; the same for all variants, or they could not be paired.
   */
  private List<Item> fitting(List<Item> items, List<String> choices) {
    return items.stream()
        .filter(
            item -> {
              EvaluatedModel tuned = models.tuned();
              int context =
                  variants().values().stream()
                      .mapToInt(EvaluatedModel::contextLength)
                      .min()
                      .orElseThrow();
              return tuned.tokens(item.prompt()) + VariantRun.room(plan, item, choices, tuned)
                  <= context;
            })
        .toList();
  }

  /**
   * Items that have what every metric of the plan needs. The others are left out and counted; where
   * all are, the reason of the first is told.
   */
  private List<Item> measurable(List<Item> items) {
    List<Item> measurable = items.stream().filter(item -> obstacle(item).isEmpty()).toList();
    if (measurable.isEmpty() && !items.isEmpty()) {
      Item first = items.get(0);
      throw new EvaluationException(
          "invalid_spec",
          "no row of split '%s' has what %s needs: row %s %s"
              .formatted(
                  plan.split(),
                  plan.metrics().stream().map(Metric::wireName).toList(),
                  first.id(),
                  obstacle(first).orElseThrow()),
          "spec.metrics");
    }
    return measurable;
  }

  /** What an item lacks that a metric of the plan needs. */
  private Optional<String> obstacle(Item item) {
    if (item.document() && plan.asksForAnswers()) {
      return Optional.of("is plain text, which only perplexity can measure");
    }
    if (!item.isAnswered() && !plan.metrics().stream().allMatch(Metrics.REWARD::equals)) {
      return Optional.of("is a question without an answer, which only reward can measure");
    }
    return plan.likelihoodMetrics().stream()
        .flatMap(metric -> metric.obstacle(item).stream())
        .findFirst();
  }

  private void check(List<Item> items, List<String> choices) {
    for (LikelihoodMetric metric : plan.likelihoodMetrics()) {
      if (metric.needsReference() && models.base().isEmpty()) {
        throw new EvaluationException(
            "invalid_spec",
            "%s compares with the model that training started from, and a model from scratch has none"
                .formatted(metric.wireName()),
            "spec.metrics");
      }
    }
    if (items.isEmpty()) {
      throw new EvaluationException(
          "items_too_long",
          "no item of split '%s' fits the model's context of %d tokens with maxNewTokens %d; lower maxNewTokens"
              .formatted(plan.split(), models.tuned().contextLength(), plan.maxNewTokens()),
          "spec.maxNewTokens");
    }
    for (Item item : items) {
      if (!choices.isEmpty() && !choices.contains(item.reference())) {
        throw new EvaluationException(
            "invalid_choices",
            "the right answer of row %s is not among the choices".formatted(item.id()),
            "spec.choices");
      }
      boolean chat = item.prompt() instanceof Prompt.Chat;
      boolean template = variants().values().stream().allMatch(EvaluatedModel::hasChatTemplate);
      if (chat && !template) {
        throw new EvaluationException(
            "no_chat_template",
            "row %s is a chat and one of the models has no chat template".formatted(item.id()),
            "dataset");
      }
    }
  }

  private Map<AnswerMetric, Map<Variant, List<Double>>> scores(
      List<Item> items, Map<Variant, VariantRun.Outcome> outcomes) {
    Map<Variant, List<String>> answers = new LinkedHashMap<>();
    outcomes.forEach((variant, outcome) -> answers.put(variant, outcome.answers()));
    Map<AnswerMetric, Map<Variant, List<Double>>> scores = new LinkedHashMap<>();
    for (AnswerMetric metric : plan.answerMetrics()) {
      scores.put(metric, scorer.score(metric, items, answers));
    }
    return scores;
  }

  private Map<Metric, Map<Variant, Map<String, Measurements>>> measurements(
      List<Item> items,
      List<String> choices,
      Map<Variant, VariantRun.Outcome> outcomes,
      Map<AnswerMetric, Map<Variant, List<Double>>> scores) {
    Map<Metric, Map<Variant, Map<String, Measurements>>> measured = new LinkedHashMap<>();
    for (Metric metric : plan.metrics()) {
      Map<Variant, Map<String, Measurements>> byVariant = new LinkedHashMap<>();
      if (metric instanceof LikelihoodMetric likelihood) {
        Optional<List<List<Likelihood>>> reference =
            reference().map(before -> outcomes.get(before).likelihoods().get(likelihood));
        outcomes.forEach(
            (variant, outcome) ->
                byVariant.put(
                    variant,
                    likelihood.measure(
                        new Likelihoods(
                            items, choices, outcome.likelihoods().get(likelihood), reference))));
      } else {
        byVariant.putAll(
            scored((AnswerMetric) metric, outcomes, scores.get((AnswerMetric) metric)));
      }
      measured.put(metric, byVariant);
    }
    return measured;
  }

  private Map<Variant, Map<String, Measurements>> scored(
      AnswerMetric metric,
      Map<Variant, VariantRun.Outcome> outcomes,
      Map<Variant, List<Double>> values) {
    int items = values.get(Variant.TUNED).size();
    // An item counts where every variant has a value: the comparison is paired.
    int[] complete =
        IntStream.range(0, items)
            .filter(i -> values.values().stream().allMatch(of -> of.get(i) != null))
            .toArray();
    if (complete.length == 0) {
      throw new EvaluationException(
          "nothing_scored",
          "the reward could score none of the %d items; see reward.scored for the reasons"
              .formatted(items),
          "spec.reward");
    }
    Optional<double[]> reference = reference().map(before -> at(complete, values.get(before)));
    Map<Variant, Map<String, Measurements>> scored = new LinkedHashMap<>();
    values.forEach(
        (variant, of) -> {
          List<String> answers = outcomes.get(variant).answers();
          double[] characters =
              IntStream.of(complete).mapToDouble(i -> answers.get(i).length()).toArray();
          scored.put(variant, metric.measure(at(complete, of), reference, characters));
        });
    return scored;
  }

  private static double[] at(int[] places, List<Double> values) {
    return IntStream.of(places).mapToDouble(values::get).toArray();
  }

  private Comparison comparison(Map<Variant, Map<String, Measurements>> deciding, Variant other) {
    String name = plan.deciding().wireName();
    return deciding
        .get(Variant.TUNED)
        .get(name)
        .against(deciding.get(other).get(name), plan.deciding(), plan.seed());
  }

  private Map<Variant, Map<String, Estimate>> estimates(
      Map<Metric, Map<Variant, Map<String, Measurements>>> measured) {
    Map<Variant, Map<String, Estimate>> estimates = new LinkedHashMap<>();
    measured.forEach(
        (metric, byVariant) ->
            byVariant.forEach(
                (variant, byName) ->
                    byName.forEach(
                        (name, of) ->
                            estimates
                                .computeIfAbsent(variant, v -> new LinkedHashMap<>())
                                .put(name, of.estimate(plan.seed())))));
    return estimates;
  }

  private List<Findings.Sample> samples(
      List<Item> items,
      Map<Variant, VariantRun.Outcome> outcomes,
      Map<AnswerMetric, Map<Variant, List<Double>>> scores) {
    // The reward that was asked for tells more of an answer than whether it is right.
    Map<Variant, List<Double>> shown =
        plan.answerMetrics().stream()
            .reduce((first, second) -> second.equals(Metrics.REWARD) ? second : first)
            .map(scores::get)
            .orElse(Map.of());
    List<Findings.Sample> samples = new ArrayList<>();
    for (int i = 0; i < Math.min(SAMPLES, items.size()) && !items.get(i).document(); i++) {
      Map<Variant, String> answers = new LinkedHashMap<>();
      Map<Variant, Double> worth = new LinkedHashMap<>();
      int at = i;
      outcomes.forEach((variant, outcome) -> answers.put(variant, head(outcome.answers().get(at))));
      shown.forEach(
          (variant, values) -> {
            if (values.get(at) != null) {
              worth.put(variant, values.get(at));
            }
          });
      samples.add(
          new Findings.Sample(
              head(items.get(i).question()), head(items.get(i).reference()), answers, worth));
    }
    return samples;
  }

  private PromotionGate.Decision withoutBase() {
    if (plan.gate().minGain() != null || plan.gate().maxPValue() != null) {
      return new PromotionGate.Decision(
          false, "the gate asks for a gain over the base, and a model from scratch has none");
    }
    return new PromotionGate.Decision(
        true, "a model from scratch has no base to compare with; no gate set");
  }

  /** How many answers samples need when no metric asks for answers. */
  static int sampleCount() {
    return SAMPLES;
  }

  private static String head(String text) {
    return text.length() <= SAMPLE_CHARACTERS
        ? text
        : text.substring(0, SAMPLE_CHARACTERS) + "\u2026";
  }
}
