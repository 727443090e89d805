package io.affinage.eval.job;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.LearnedRewards;
import io.affinage.events.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Models that evaluations name by their ids and that have not been heard of. Registrations come on
 * another topic than requests, so one may be heard of a moment later; until then its evaluation
 * stays in the queue, and others are worked on.
 */
public final class AwaitedModels {
  private final Predicate<String> known;
  private final Duration patience;
  private final LongSupplier nanoTime;
  private final Map<String, Long> since = new HashMap<>();

  /**
   * @param known whether a model of this id is registered
   * @param patience how long models of an evaluation may take to be heard of
   * @param nanoTime as {@link System#nanoTime}
   */
  public AwaitedModels(Predicate<String> known, Duration patience, LongSupplier nanoTime) {
    this.known = known;
    this.patience = patience;
    this.nanoTime = nanoTime;
  }

  /** Those that an evaluation names, in its order. */
  public List<String> of(EvaluationRequested request) {
    List<String> named = new ArrayList<>();
    if (request.modelId() != null) {
      named.add(request.modelId());
    }
    if (request.compare() != null) {
      request.compare().values().stream()
          .filter(model -> !model.equals(Stage.BASE))
          .forEach(named::add);
    }
    named.addAll(LearnedRewards.of(request.spec()).values());
    return named.stream().filter(known.negate()).distinct().toList();
  }

  /** Whether an evaluation had better wait; once they have taken too long it need not any more. */
  public synchronized boolean mayCome(EvaluationRequested request) {
    if (of(request).isEmpty()) {
      since.remove(request.evaluationId());
      return false;
    }
    long now = nanoTime.getAsLong();
    long begun = since.computeIfAbsent(request.evaluationId(), absent -> now);
    return now - begun < patience.toNanos();
  }

  /** Forgets all evaluations but these. */
  public synchronized void retain(Collection<String> evaluations) {
    since.keySet().retainAll(evaluations);
  }
}
