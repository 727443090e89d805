package io.affinage.eval.run;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.LikelihoodMetric;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.EvaluatedModel.Question;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Measures one variant: its answers and its likelihoods over the same items. */
final class VariantRun {
  private final Plan plan;
  private final Variant variant;
  private final EvaluatedModel model;
  private final FewShot examples;
  private final List<String> choices;
  private final ProgressListener progress;
  private int done;
  private int total;

  VariantRun(
      Plan plan,
      Variant variant,
      EvaluatedModel model,
      FewShot examples,
      List<String> choices,
      ProgressListener progress) {
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
   * @param likelihoods what each metric of likelihoods asked for, by item
   */
  record Outcome(List<String> answers, Map<LikelihoodMetric, List<List<Likelihood>>> likelihoods) {}

  Outcome over(List<Item> items) {
    int answered =
        plan.asksForAnswers()
            ? items.size()
            : (int)
                items.stream().limit(Evaluation.sampleCount()).filter(i -> !i.document()).count();
    List<Prompt> prompts = prompts(items);
    // What several metrics ask for is asked once.
    Set<Question> questions = new LinkedHashSet<>();
    for (LikelihoodMetric metric : plan.likelihoodMetrics()) {
      for (int i = 0; i < items.size(); i++) {
        questions.addAll(questions(metric, items.get(i), prompts.get(i)));
      }
    }
    total = answered + questions.size();
    progress.at(variant, 0, total);
    List<String> answers =
        model.answer(
            prompts.subList(0, answered), plan.maxNewTokens(), stops(items), this::advance);
    Map<Question, Likelihood> found = likelihoods(List.copyOf(questions));
    Map<LikelihoodMetric, List<List<Likelihood>>> byMetric = new LinkedHashMap<>();
    for (LikelihoodMetric metric : plan.likelihoodMetrics()) {
      List<List<Likelihood>> byItem = new ArrayList<>(items.size());
      for (int i = 0; i < items.size(); i++) {
        byItem.add(
            questions(metric, items.get(i), prompts.get(i)).stream().map(found::get).toList());
      }
      byMetric.put(metric, byItem);
    }
    return new Outcome(answers, byMetric);
  }

  private List<Question> questions(LikelihoodMetric metric, Item item, Prompt prompt) {
    return metric.continuations(item, choices).stream()
        .map(continuation -> new Question(prompt, continuation))
        .toList();
  }

  private Map<Question, Likelihood> likelihoods(List<Question> questions) {
    Iterator<Likelihood> answers = model.likelihoods(questions, this::advance).iterator();
    Map<Question, Likelihood> found = new HashMap<>();
    for (Question question : questions) {
      found.put(question, finite(answers.next()));
    }
    return found;
  }

  /** Tokens that an item needs beside its prompt. */
  static int room(Plan plan, Item item, List<String> choices, EvaluatedModel model) {
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
    // Where no right answer is known, none says that answers end at a blank line.
    boolean known = items.stream().allMatch(Item::isAnswered);
    return text && known && !inAnswers ? List.of(FewShot.SEPARATOR) : List.of();
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
