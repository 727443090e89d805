package io.affinage.eval.run;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.LikelihoodMetric;
import io.affinage.eval.metric.Measurements;
import io.affinage.eval.model.LanguageModel;
import io.affinage.eval.model.LanguageModel.Question;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures one variant: its answers and its likelihoods over the same items. */
final class VariantRun {
  private final Plan plan;
  private final Variant variant;
  private final LanguageModel model;
  private final FewShot examples;
  private final List<String> choices;
  private final Progress progress;
  private int done;
  private int total;

  VariantRun(
      Plan plan,
      Variant variant,
      LanguageModel model,
      FewShot examples,
      List<String> choices,
      Progress progress) {
    this.plan = plan;
    this.variant = variant;
    this.model = model;
    this.examples = examples;
    this.choices = choices;
    this.progress = progress;
  }

  /**
   * What was measured.
   *
   * @param answers to every item where a metric scores answers, else to the first few for samples
   * @param measured of each metric of likelihoods, by name, the metric's own first
   */
  record Outcome(List<String> answers, Map<LikelihoodMetric, Map<String, Measurements>> measured) {}

  Outcome over(List<Item> items) {
    int answered =
        plan.asksForAnswers()
            ? items.size()
            : (int)
                items.stream().limit(Evaluation.sampleCount()).filter(i -> !i.document()).count();
    List<Prompt> prompts = prompts(items);
    Map<LikelihoodMetric, List<Question>> questions = new LinkedHashMap<>();
    for (LikelihoodMetric metric : plan.likelihoodMetrics()) {
      questions.put(metric, questions(metric, items, prompts));
    }
    total = answered + questions.values().stream().mapToInt(List::size).sum();
    progress.at(variant, 0, total);
    List<String> answers =
        model.answer(
            prompts.subList(0, answered), plan.maxNewTokens(), stops(items), this::advance);
    Map<LikelihoodMetric, Map<String, Measurements>> measured = new LinkedHashMap<>();
    questions.forEach(
        (metric, asked) ->
            measured.put(
                metric, metric.measure(items, choices, likelihoods(metric, items, asked))));
    return new Outcome(answers, measured);
  }

  private List<Question> questions(
      LikelihoodMetric metric, List<Item> items, List<Prompt> prompts) {
    List<Question> questions = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      for (String continuation : metric.continuations(items.get(i), choices)) {
        questions.add(new Question(prompts.get(i), continuation));
      }
    }
    return questions;
  }

  private List<List<Likelihood>> likelihoods(
      LikelihoodMetric metric, List<Item> items, List<Question> questions) {
    Iterator<Likelihood> found = model.likelihoods(questions, this::advance).iterator();
    List<List<Likelihood>> byItem = new ArrayList<>(items.size());
    for (Item item : items) {
      byItem.add(
          metric.continuations(item, choices).stream().map(c -> finite(found.next())).toList());
    }
    return byItem;
  }

  /** Tokens that an item needs beside its prompt. */
  static int room(Plan plan, Item item, List<String> choices, LanguageModel model) {
    return plan.likelihoodMetrics().stream()
        .flatMap(metric -> metric.continuations(item, choices).stream())
        .mapToInt(text -> model.tokens(new Prompt.Text(text)) + TEMPLATE_SLACK)
        .reduce(item.document() ? 0 : plan.maxNewTokens(), Math::max);
  }

  /** A template may close the answer's turn with a few tokens. */
  private static final int TEMPLATE_SLACK = 8;

  private List<Prompt> prompts(List<Item> items) {
    List<Prompt> prompts = new ArrayList<>(items.size());
    for (Item item : items) {
      int budget = model.contextLength() - room(plan, item, choices, model);
      prompts.add(item.document() ? item.prompt() : examples.before(item, model::tokens, budget));
    }
    return prompts;
  }

  /**
   * Text models do not know where an answer ends, and go on with the next question. The blank line
   * that separates examples ends an answer for every variant alike, unless right answers have one.
   */
  private static List<String> stops(List<Item> items) {
    boolean text = items.stream().allMatch(item -> item.prompt() instanceof Prompt.Text);
    boolean inAnswers =
        items.stream().anyMatch(item -> item.reference().strip().contains(FewShot.SEPARATOR));
    return text && !inAnswers ? List.of(FewShot.SEPARATOR) : List.of();
  }

  private Likelihood finite(Likelihood likelihood) {
    if (!Double.isFinite(likelihood.logProbability())) {
      throw new EvaluationException(
          "non_finite_loss",
          "the %s model gives a log-probability of %s"
              .formatted(variant.wireName(), likelihood.logProbability()),
          null);
    }
    return likelihood;
  }

  private void advance(int more) {
    done += more;
    progress.at(variant, done, total);
  }
}
