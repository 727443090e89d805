package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.ScoredBatch;
import io.affinage.llm.objective.ScoredGroup;
import io.affinage.llm.objective.ScoredSequence;
import io.affinage.llm.objective.Signal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The loss of an {@link Objective}. Where its groups do not depend on each other a micro-batch is
 * computed once: forward, log-probabilities, loss, the weight of each target, and back. Otherwise
 * all of a step is scored first, and then computed again with the weights that this gave.
 */
final class ObjectiveLoss implements StepLoss {
  private final Objective objective;
  private final Backpropagation backpropagation;
  private final Optional<? extends Reference> reference;
  private final BatchSource source;
  private final Batching batching;

  /**
   * @param source asked for what is known of its groups
   * @param reference where the objective asks for one
   */
  ObjectiveLoss(
      Objective objective,
      Backpropagation backpropagation,
      Optional<? extends Reference> reference,
      BatchSource source,
      Batching batching) {
    if (objective.needs().contains(Signal.REFERENCE_LOGP) && reference.isEmpty()) {
      throw new IllegalArgumentException(objective.id() + " needs a reference");
    }
    this.objective = objective;
    this.backpropagation = backpropagation;
    this.reference =
        objective.needs().contains(Signal.REFERENCE_LOGP) ? reference : Optional.empty();
    this.source = source;
    this.batching = batching;
  }

  @Override
  public Result accumulate(List<Group> groups, long noiseSeed) {
    List<List<Group>> microBatches = MicroBatches.of(groups, batching);
    if (objective.needsWholeBatch()) {
      return together(groups, microBatches, noiseSeed);
    }
    ScoredBatch.Size size = size(groups);
    double loss = 0;
    Map<String, Double> metrics = new TreeMap<>();
    long noise = noiseSeed;
    for (List<Group> microBatch : microBatches) {
      for (Loss part : parts(microBatch, size, noise++)) {
        loss += part.value();
        part.metrics().forEach((name, share) -> Loss.tell(metrics, name, share));
      }
    }
    return new Result(loss, objective.told(metrics));
  }

  @Override
  public void tryOut(List<Group> microBatch) {
    ScoredBatch.Size size = size(microBatch);
    if (objective.needsWholeBatch()) {
      together(microBatch, List.of(microBatch), 1);
    } else {
      parts(microBatch, size, 1);
    }
  }

  private static ScoredBatch.Size size(List<Group> groups) {
    return new ScoredBatch.Size(
        groups.size(),
        (int)
            groups.stream()
                .flatMap(group -> group.members().stream())
                .filter(member -> member.targetCount() > 0)
                .count(),
        groups.stream().mapToLong(Group::targets).sum());
  }

  /** The shares of a micro-batch's halves, or of all of it. */
  private List<Loss> parts(List<Group> microBatch, ScoredBatch.Size size, long noiseSeed) {
    Loss[] found = new Loss[2];
    backpropagation.accumulate(
        microBatch,
        (part, pass, thread) -> {
          // Before the forward pass, while nothing is kept for the way back.
          Optional<List<float[]>> referenceLogp = reference.map(each -> each.of(part, thread));
          return (Weighting.ByOutput)
              outputs -> {
                List<ScoredGroup> scored = scored(part, outputs, referenceLogp);
                found[thread] = objective.of(new ScoredBatch(scored, size));
                return weights(part, found[thread].derivatives(), found[thread].valueDerivatives());
              };
        },
        noiseSeed);
    return found[1] == null ? List.of(found[0]) : List.of(found);
  }

  private Result together(List<Group> groups, List<List<Group>> microBatches, long noiseSeed) {
    Map<Group, ScoredGroup> scored = Collections.synchronizedMap(new IdentityHashMap<>());
    long noise = noiseSeed;
    for (List<Group> microBatch : microBatches) {
      backpropagation.score(
          microBatch,
          (part, outputs, thread) -> {
            List<ScoredGroup> found =
                scored(part, outputs, reference.map(each -> each.of(part, thread)));
            for (int i = 0; i < found.size(); i++) {
              scored.put(part.groups().get(i), found.get(i));
            }
          },
          noise++);
    }
    Loss loss =
        objective.of(new ScoredBatch(groups.stream().map(scored::get).toList(), size(groups)));
    Map<Group, List<double[]>> derivatives = byGroup(groups, loss.derivatives());
    Map<Group, List<double[]>> ofValues = byGroup(groups, loss.valueDerivatives());
    noise = noiseSeed;
    for (List<Group> microBatch : microBatches) {
      backpropagation.accumulate(
          microBatch,
          (part, pass, thread) ->
              pass.given(weights(part, of(part, derivatives), of(part, ofValues))),
          noise++);
    }
    return new Result(loss.value(), objective.told(loss.metrics()));
  }

  private static Map<Group, List<double[]>> byGroup(
      List<Group> groups, List<List<double[]>> derivatives) {
    Map<Group, List<double[]>> found = new IdentityHashMap<>();
    for (int i = 0; i < derivatives.size(); i++) {
      found.put(groups.get(i), derivatives.get(i));
    }
    return found;
  }

  private static List<List<double[]>> of(GroupRow part, Map<Group, List<double[]>> derivatives) {
    return derivatives.isEmpty()
        ? List.of()
        : part.groups().stream().map(derivatives::get).toList();
  }

  /** What the objective sees of a part, of what the head gives by pair of the row. */
  private List<ScoredGroup> scored(
      GroupRow part, HeadOutputs outputs, Optional<List<float[]>> referenceLogp) {
    Set<Signal> needs = objective.needs();
    List<ScoredGroup> scored = new ArrayList<>();
    int document = 0;
    for (Group group : part.groups()) {
      List<ScoredSequence> members = new ArrayList<>();
      for (int i = 0; i < group.members().size(); i++) {
        int at = document++;
        Map<Signal, float[]> signals = new EnumMap<>(Signal.class);
        signals.putAll(source.known(group, i));
        signals.keySet().retainAll(needs);
        if (needs.contains(Signal.VALUE)) {
          signals.put(Signal.VALUE, part.row().ofDocument(at, outputs.values()));
        }
        if (needs.contains(Signal.ENTROPY)) {
          signals.put(Signal.ENTROPY, part.row().ofDocument(at, outputs.entropies()));
        }
        referenceLogp.ifPresent(values -> signals.put(Signal.REFERENCE_LOGP, values.get(at)));
        members.add(new ScoredSequence(part.row().ofDocument(at, outputs.numbers()), signals));
      }
      scored.add(new ScoredGroup(members));
    }
    return scored;
  }

  private static PlaceWeights weights(
      GroupRow part, List<List<double[]>> derivatives, List<List<double[]>> ofValues) {
    return new PlaceWeights(
        weights(part, derivatives), ofValues.isEmpty() ? new float[0] : weights(part, ofValues));
  }

  /** A target's weight is -dL/dlogp, added up over the sequences that share it. */
  private static float[] weights(GroupRow part, List<List<double[]>> derivatives) {
    PrefixTreeRow row = part.row();
    double[] sums = new double[row.targetTokens().length];
    int document = 0;
    for (int g = 0; g < part.groups().size(); g++) {
      List<TokenizedExample> members = part.groups().get(g).members();
      for (int m = 0; m < members.size(); m++) {
        double[] derivative = derivatives.get(g).get(m);
        int from = row.documentStarts()[document++];
        int places = row.documentStarts()[document] - from;
        if (derivative.length != places) {
          throw new IllegalStateException(
              "%d derivatives for the %d targets of %s"
                  .formatted(derivative.length, places, members.get(m).id()));
        }
        for (int i = 0; i < derivative.length; i++) {
          sums[row.documentPairs()[from + i]] -= derivative[i];
        }
      }
    }
    float[] weights = new float[sums.length];
    for (int i = 0; i < sums.length; i++) {
      weights[i] = (float) sums[i];
    }
    return weights;
  }
}
