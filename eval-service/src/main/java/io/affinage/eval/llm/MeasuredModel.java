package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.model.BlockAdapter;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A loaded model, with or without an adapter, as the evaluation asks it. */
final class MeasuredModel implements EvaluatedModel {
  /** Prompts answered together. */
  private static final int ANSWER_BATCH = 16;

  /** Questions measured together: those of one prompt lie together and share its computation. */
  private static final int QUESTION_BATCH = 16;

  private final LoadedModel loaded;
  private final BlockAdapter adapter;
  private final PromptTokens prompts;
  private final Counter generated;

  MeasuredModel(LoadedModel loaded, BlockAdapter adapter, Counter generated) {
    this.loaded = loaded;
    this.adapter = adapter;
    this.prompts = new PromptTokens(loaded.model());
    this.generated = generated;
  }

  @Override
  public List<String> answer(
      List<Prompt> asked, int maxNewTokens, List<String> stop, IntConsumer done) {
    List<int[]> tokens = asked.stream().map(prompt -> coded(() -> prompts.prompt(prompt))).toList();
    // Prompts of like length together: the shorter ones wait for the longest of their batch.
    List<Integer> order =
        IntStream.range(0, tokens.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> tokens.get(i).length))
            .toList();
    String[] answers = new String[tokens.size()];
    for (int from = 0; from < order.size(); from += ANSWER_BATCH) {
      List<Integer> batch = order.subList(from, Math.min(order.size(), from + ANSWER_BATCH));
      List<String> texts =
          coded(
              () ->
                  loaded.inTurn(
                      () ->
                          generate(batch.stream().map(tokens::get).toList(), maxNewTokens, stop)));
      for (int i = 0; i < batch.size(); i++) {
        answers[batch.get(i)] = texts.get(i);
      }
      done.accept(batch.size());
    }
    return List.of(answers);
  }

  private List<String> generate(List<int[]> batch, int maxNewTokens, List<String> stop) {
    List<AnswerText> texts =
        batch.stream().map(i -> new AnswerText(loaded.model().tokenizer(), stop)).toList();
    GenerationRequest request =
        new GenerationRequest(
            batch,
            maxNewTokens,
            loaded.model().tokenizer().specialTokens().stops(),
            Sampling.GREEDY);
    try (Generator generator = new Generator(loaded.model().decoder(), adapter)) {
      List<GeneratedTokens> tokens =
          generator.generate(
              request,
              (row, token) -> {
                generated.increment();
                texts.get(row).add(token);
                return !texts.get(row).stopped();
              });
      if (tokens.size() != texts.size()) {
        throw new IllegalStateException(tokens.size() + " answers to " + texts.size() + " prompts");
      }
    }
    return texts.stream().map(AnswerText::whole).toList();
  }

  @Override
  public List<Likelihood> likelihoods(List<Question> questions, IntConsumer done) {
    List<TokenizedExample> examples = new ArrayList<>(questions.size());
    for (int i = 0; i < questions.size(); i++) {
      Question question = questions.get(i);
      String id = "question " + i;
      examples.add(coded(() -> prompts.answered(id, question.prompt(), question.continuation())));
    }
    List<Likelihood> likelihoods = new ArrayList<>(questions.size());
    LossMeter meter = new LossMeter(loaded.model().decoder(), adapter);
    for (int from = 0; from < examples.size(); from += QUESTION_BATCH) {
      List<TokenizedExample> batch =
          examples.subList(from, Math.min(examples.size(), from + QUESTION_BATCH));
      coded(() -> loaded.inTurn(() -> meter.losses(batch, QUESTION_BATCH)))
          .forEach(loss -> likelihoods.add(new Likelihood(-loss.sum(), loss.targets())));
      done.accept(batch.size());
    }
    return likelihoods;
  }

  @Override
  public int tokens(Prompt prompt) {
    return coded(() -> prompts.prompt(prompt)).length;
  }

  @Override
  public int contextLength() {
    return loaded.model().decoder().shape().maxPositions() - adapter.virtualTokens();
  }

  @Override
  public boolean hasChatTemplate() {
    return loaded.model().chatTemplate().isPresent();
  }

  /** Failures of the library keep their code. */
  private static <T> T coded(Supplier<T> computation) {
    try {
      return computation.get();
    } catch (LlmException e) {
      throw new EvaluationException(e.code(), e.getMessage(), null, e);
    }
  }
}
