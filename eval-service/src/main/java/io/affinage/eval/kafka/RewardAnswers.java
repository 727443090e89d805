package io.affinage.eval.kafka;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.AnswerMetric;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.run.Scorer;
import io.affinage.eval.run.Variant;
import io.affinage.events.NormalRow;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.reward.RewardClient;
import io.affinage.events.reward.RewardException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Has the answers of every variant scored by the reward service. */
final class RewardAnswers implements Scorer {
  private final Function<AnswerMetric, RewardClient> clients;

  /**
   * @param clients what asks for the scores of a metric
   */
  RewardAnswers(Function<AnswerMetric, RewardClient> clients) {
    this.clients = clients;
  }

  @Override
  public Map<Variant, List<Double>> score(
      AnswerMetric metric, List<Item> items, Map<Variant, List<String>> answers) {
    List<RewardRequested.Item> asked = new ArrayList<>();
    answers.forEach(
        (variant, texts) -> {
          for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            asked.add(
                new RewardRequested.Item(
                    itemId(variant, i),
                    item.question(),
                    texts.get(i),
                    item.isAnswered() ? item.reference() : null,
                    null,
                    null,
                    conversation(item.prompt()),
                    null));
          }
        });
    Map<String, RewardScored.Score> found;
    try {
      found = clients.apply(metric).score(asked);
    } catch (RewardException e) {
      throw new EvaluationException(e.code(), e.getMessage(), e.param(), e);
    }
    Map<Variant, List<Double>> scores = new LinkedHashMap<>();
    for (Variant variant : answers.keySet()) {
      List<Double> ofVariant = new ArrayList<>(items.size());
      for (int i = 0; i < items.size(); i++) {
        RewardScored.Score score = found.get(itemId(variant, i));
        ofVariant.add(score == null ? null : score.value());
      }
      scores.put(variant, ofVariant);
    }
    return scores;
  }

  /** The turns before the answer; null where the question is all of them. */
  private static List<NormalRow.ChatMessage> conversation(Prompt prompt) {
    if (!(prompt instanceof Prompt.Chat chat)
        || chat.messages().size() == 1 && chat.messages().get(0).role().equals("user")) {
      return null;
    }
    return chat.messages().stream()
        .map(turn -> new NormalRow.ChatMessage(turn.role(), turn.content()))
        .toList();
  }

  private static String itemId(Variant variant, int index) {
    return variant.wireName() + "-" + index;
  }
}
