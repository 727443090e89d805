package io.affinage.llm.evaluation;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.TargetLogProbabilities;
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

/**
 * What an objective says of groups that no training sees. The reference's log-probabilities are
 * computed when the meter is made, before anything is trained, and kept.
 */
public final class ObjectiveMeter {
  private final Decoder decoder;
  private final Objective objective;
  private final List<Group> groups;
  private final int together;
  private final List<List<float[]>> reference;

  /**
   * @param reference the adapter of the model that training starts from
   * @param groups what is measured
   * @param together sequences that are computed together
   */
  public ObjectiveMeter(
      Decoder decoder,
      Objective objective,
      BlockAdapter reference,
      List<Group> groups,
      int together) {
    if (objective.readsScores()) {
      throw new IllegalArgumentException(objective.id() + " reads scores, not log-probabilities");
    }
    this.decoder = decoder;
    this.objective = objective;
    this.groups = List.copyOf(groups);
    this.together = together;
    this.reference =
        objective.needs().contains(Signal.REFERENCE_LOGP) ? logProbabilities(reference) : List.of();
  }

  /**
   * The objective of all groups as one batch.
   *
   * @param adapter what is put beside the weights as they are now
   * @throws LlmException {@code non_finite_loss}
   */
  public Loss measure(BlockAdapter adapter) {
    List<List<float[]>> logp = logProbabilities(adapter);
    List<ScoredGroup> scored = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      List<ScoredSequence> members = new ArrayList<>();
      for (int m = 0; m < logp.get(g).size(); m++) {
        members.add(
            new ScoredSequence(
                logp.get(g).get(m),
                reference.isEmpty()
                    ? Map.of()
                    : Map.of(Signal.REFERENCE_LOGP, reference.get(g).get(m))));
      }
      scored.add(new ScoredGroup(members));
    }
    Loss loss = objective.of(ScoredBatch.whole(scored));
    if (!Double.isFinite(loss.value())) {
      throw new LlmException("non_finite_loss", "the loss of held-out groups is not finite");
    }
    return loss;
  }

  /** By group and member, [targets]. */
  private List<List<float[]>> logProbabilities(BlockAdapter adapter) {
    TargetLogProbabilities model = new TargetLogProbabilities(decoder, adapter);
    List<Integer> byLength = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      byLength.add(g);
    }
    byLength.sort(Comparator.comparingInt(g -> groups.get(g).tokens()));
    List<List<float[]>> found = new ArrayList<>();
    groups.forEach(group -> found.add(List.of()));
    int next = 0;
    while (next < byLength.size()) {
      List<Integer> some = new ArrayList<>();
      int sequences = 0;
      while (next < byLength.size() && (some.isEmpty() || sequences < together)) {
        some.add(byLength.get(next));
        sequences += groups.get(byLength.get(next++)).members().size();
      }
      measure(model, adapter, some, found);
    }
    return found;
  }

  private void measure(
      TargetLogProbabilities model,
      BlockAdapter adapter,
      List<Integer> some,
      List<List<float[]>> found) {
    PrefixTreeRow row =
        PrefixTreeRow.of(
            some.stream()
                .flatMap(g -> groups.get(g).members().stream())
                .map(member -> member.behind(adapter.virtualTokens()))
                .toList(),
            true,
            decoder.config()::lengthClass);
    List<float[]> byMember = row.byDocument(model.of(row));
    int at = 0;
    for (int g : some) {
      int members = groups.get(g).members().size();
      found.set(g, List.copyOf(byMember.subList(at, at + members)));
      at += members;
    }
  }
}
