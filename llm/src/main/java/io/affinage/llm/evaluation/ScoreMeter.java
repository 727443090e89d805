package io.affinage.llm.evaluation;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.ScoredBatch;
import io.affinage.llm.objective.ScoredGroup;
import io.affinage.llm.objective.ScoredSequence;
import io.affinage.llm.objective.Signal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What an objective that reads scores says of groups that no training sees. */
public final class ScoreMeter {
  private final Decoder decoder;
  private final ScalarHead head;
  private final Objective objective;
  private final List<Group> groups;
  private final int together;

  /**
   * @param together sequences that are computed together
   */
  public ScoreMeter(
      Decoder decoder, ScalarHead head, Objective objective, List<Group> groups, int together) {
    if (!objective.readsScores()) {
      throw new IllegalArgumentException(objective.id() + " reads log-probabilities, not scores");
    }
    this.decoder = decoder;
    this.head = head;
    this.objective = objective;
    this.groups = List.copyOf(groups);
    this.together = together;
  }

  /**
   * What was found.
   *
   * @param loss the objective of all groups as one batch
   * @param scores by group and member
   */
  public record Found(Loss loss, List<float[]> scores) {}

  /**
   * Scores all groups.
   *
   * @param adapter what is put beside the weights as they are now
   * @throws LlmException {@code non_finite_loss}
   */
  public Found measure(BlockAdapter adapter) {
    List<TokenizedExample> texts =
        groups.stream().flatMap(group -> group.members().stream()).toList();
    float[] found = new float[texts.size()];
    List<Integer> byLength =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> texts.get(i).length()))
            .toList();
    for (int from = 0; from < byLength.size(); from += together) {
      List<Integer> some = byLength.subList(from, Math.min(byLength.size(), from + together));
      float[] scores = head.scores(decoder, adapter, some.stream().map(texts::get).toList());
      for (int i = 0; i < scores.length; i++) {
        found[some.get(i)] = scores[i];
      }
    }
    List<ScoredGroup> scored = new ArrayList<>();
    List<float[]> byGroup = new ArrayList<>();
    int at = 0;
    for (Group group : groups) {
      float[] scores = new float[group.members().size()];
      List<ScoredSequence> members = new ArrayList<>();
      for (int m = 0; m < scores.length; m++) {
        scores[m] = found[at++];
        members.add(
            new ScoredSequence(
                new float[] {scores[m]},
                m == 0 && group.margin().isPresent()
                    ? Map.of(Signal.MARGIN, new float[] {(float) group.margin().getAsDouble()})
                    : Map.of()));
      }
      scored.add(new ScoredGroup(members));
      byGroup.add(scores);
    }
    Loss loss = objective.of(ScoredBatch.whole(scored));
    if (!Double.isFinite(loss.value())) {
      throw new LlmException("non_finite_loss", "the loss of held-out pairs is not finite");
    }
    return new Found(loss, byGroup);
  }
}
