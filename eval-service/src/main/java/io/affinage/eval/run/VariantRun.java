package io.affinage.eval.run;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.Measurements;
import io.affinage.eval.metric.Metric;
import io.affinage.eval.model.LanguageModel;
import io.affinage.eval.model.LanguageModel.Question;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
   */
  record Outcome(
      List<String> answers,
      Optional<Measurements> choices,
      Optional<Measurements> normalisedChoices,
      Optional<Measurements> losses) {

    Measurements of(Metric metric) {
      return switch (metric) {
        case MULTIPLE_CHOICE -> choices.orElseThrow();
        case PERPLEXITY -> losses.orElseThrow();
        case EXACT_MATCH -> throw new IllegalArgumentException("answers are scored elsewhere");
      };
    }
  }

  Outcome over(List<Item> items) {
    int answered =
        plan.metrics().contains(Metric.EXACT_MATCH)
            ? items.size()
            : (int)
                items.stream().limit(Evaluation.sampleCount()).filter(i -> !i.document()).count();
    total =
        answered
            + (plan.metrics().contains(Metric.MULTIPLE_CHOICE) ? items.size() * choices.size() : 0)
            + (plan.metrics().contains(Metric.PERPLEXITY) ? items.size() : 0);
    progress.at(variant, 0, total);
    List<Prompt> prompts = prompts(items);
    List<String> answers =
        model.answer(
            prompts.subList(0, answered), plan.maxNewTokens(), stops(items), this::advance);
    Optional<Likelihood[][]> table =
        plan.metrics().contains(Metric.MULTIPLE_CHOICE)
            ? Optional.of(choiceTable(prompts))
            : Optional.empty();
    return new Outcome(
        answers,
        table.map(t -> right(items, t, false)),
        table.map(t -> right(items, t, true)),
        plan.metrics().contains(Metric.PERPLEXITY)
            ? Optional.of(losses(items, prompts))
            : Optional.empty());
  }

  /** Tokens that an item needs beside its prompt. */
  static int room(Plan plan, Item item, List<String> choices, LanguageModel model) {
    int room = item.document() ? 0 : plan.maxNewTokens();
    if (plan.metrics().contains(Metric.PERPLEXITY)) {
      room = Math.max(room, model.tokens(new Prompt.Text(item.reference())) + TEMPLATE_SLACK);
    }
    for (String choice : choices) {
      room = Math.max(room, model.tokens(new Prompt.Text(choice)) + TEMPLATE_SLACK);
    }
    return room;
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

  private Likelihood[][] choiceTable(List<Prompt> prompts) {
    List<Question> questions = new ArrayList<>(prompts.size() * choices.size());
    for (Prompt prompt : prompts) {
      for (String choice : choices) {
        questions.add(new Question(prompt, choice));
      }
    }
    List<Likelihood> likelihoods = model.likelihoods(questions, this::advance);
    Likelihood[][] table = new Likelihood[prompts.size()][choices.size()];
    for (int i = 0; i < likelihoods.size(); i++) {
      table[i / choices.size()][i % choices.size()] = finite(likelihoods.get(i));
    }
    return table;
  }

  /**
   * @param normalised divide by the choice's length in UTF-8 bytes, so that long choices stand a
   *     chance whatever the tokenizer
   */
  private Measurements right(List<Item> items, Likelihood[][] table, boolean normalised) {
    double[] right = new double[items.size()];
    for (int i = 0; i < right.length; i++) {
      int best = 0;
      for (int c = 1; c < choices.size(); c++) {
        if (value(table[i][c], c, normalised) > value(table[i][best], best, normalised)) {
          best = c;
        }
      }
      right[i] = choices.get(best).equals(items.get(i).reference()) ? 1 : 0;
    }
    return new Measurements.Scores(right);
  }

  private double value(Likelihood likelihood, int choice, boolean normalised) {
    int bytes = choices.get(choice).getBytes(StandardCharsets.UTF_8).length;
    return likelihood.logProbability() / (normalised ? Math.max(1, bytes) : 1);
  }

  private Measurements losses(List<Item> items, List<Prompt> prompts) {
    List<Question> questions = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      questions.add(new Question(prompts.get(i), items.get(i).reference()));
    }
    List<Likelihood> likelihoods = model.likelihoods(questions, this::advance);
    double[] losses = new double[items.size()];
    double[] tokens = new double[items.size()];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = -finite(likelihoods.get(i)).logProbability();
      tokens[i] = likelihoods.get(i).tokens();
    }
    return new Measurements.TokenLosses(losses, tokens);
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
