package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.model.RewardScorer;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** A loaded reward model, as the evaluation asks it. */
final class ScoredModel implements RewardScorer {
  /** Answers scored before it is told how far it is. */
  private static final int TOGETHER = 32;

  private final RewardModel model;
  private final Optional<LoadedModel> base;
  private final Runnable release;

  /**
   * @param base that others use, too, and computes for one at a time
   */
  ScoredModel(RewardModel model, Optional<LoadedModel> base, Runnable release) {
    this.model = model;
    this.base = base;
    this.release = release;
  }

  @Override
  public List<Optional<Score>> scores(List<Answered> answers, IntConsumer done) {
    List<Optional<Score>> scores = new ArrayList<>();
    for (int from = 0; from < answers.size(); from += TOGETHER) {
      List<Answered> some = answers.subList(from, Math.min(answers.size(), from + TOGETHER));
      List<Optional<TokenizedExample>> texts = new ArrayList<>();
      for (int i = 0; i < some.size(); i++) {
        texts.add(encoded("answer " + (from + i), some.get(i)));
      }
      List<TokenizedExample> fitting = texts.stream().flatMap(Optional::stream).toList();
      float[] found = inTurn(() -> model.scores(fitting));
      int next = 0;
      for (Optional<TokenizedExample> text : texts) {
        scores.add(
            text.isPresent()
                ? Optional.of(new Score(found[next++], text.get().targetCount()))
                : Optional.empty());
      }
      done.accept(some.size());
    }
    return scores;
  }

  private Optional<TokenizedExample> encoded(String id, Answered answered) {
    try {
      return Optional.of(model.encode(example(id, answered)));
    } catch (LlmException e) {
      if (e.code().equals("text_too_long")) {
        return Optional.empty();
      }
      throw new EvaluationException(e.code(), e.getMessage(), "dataset", e);
    }
  }

  /** Conversations as they are; text, and a question alone, in the model's own rendering. */
  private Example example(String id, Answered answered) {
    if (answered.prompt() instanceof Prompt.Text text) {
      return model.rendering().example(id, text.text(), answered.answer());
    }
    List<Message> turns = ((Prompt.Chat) answered.prompt()).messages();
    if (model.rendering().form() == Rendering.Form.COMPLETION && turns.size() == 1) {
      return model.rendering().example(id, turns.get(0).content(), answered.answer());
    }
    List<ChatMessage> messages = new ArrayList<>();
    turns.forEach(turn -> messages.add(new ChatMessage(turn.role(), turn.content(), turn.more())));
    messages.add(ChatMessage.of("assistant", answered.answer()));
    return new Example.Chat(id, messages, List.of(), Set.of());
  }

  private <T> T inTurn(Supplier<T> computation) {
    try {
      return base.isPresent() ? base.get().inTurn(computation) : computation.get();
    } catch (LlmException e) {
      throw new EvaluationException(e.code(), e.getMessage(), null, e);
    }
  }

  @Override
  public void close() {
    release.run();
  }
}
