package io.affinage.eval.run;

import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;

/** A model that answers by rule; a token is a character. */
record ScriptedModel(
    Function<Prompt, String> answers, ToDoubleFunction<Question> logProbability, int contextLength)
    implements EvaluatedModel {

  @Override
  public List<String> answer(
      List<Prompt> prompts, int maxNewTokens, List<String> stop, IntConsumer done) {
    done.accept(prompts.size());
    return prompts.stream().map(answers).toList();
  }

  @Override
  public List<Likelihood> likelihoods(List<Question> questions, IntConsumer done) {
    done.accept(questions.size());
    return questions.stream()
        .map(q -> new Likelihood(logProbability.applyAsDouble(q), q.continuation().length()))
        .toList();
  }

  @Override
  public int tokens(Prompt prompt) {
    return text(prompt).length();
  }

  @Override
  public boolean hasChatTemplate() {
    return true;
  }

  static String text(Prompt prompt) {
    if (prompt instanceof Prompt.Text plain) {
      return plain.text();
    }
    StringBuilder all = new StringBuilder();
    ((Prompt.Chat) prompt).messages().forEach(m -> all.append(m.role()).append(m.content()));
    return all.toString();
  }
}
