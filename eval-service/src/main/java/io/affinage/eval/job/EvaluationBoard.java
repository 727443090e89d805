package io.affinage.eval.job;

import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All evaluations. Topics are read side by side, so an end may be heard before its request; what is
 * heard twice has no second effect. Thread-safe.
 */
public final class EvaluationBoard {
  private final Map<String, EvaluationView> evaluations = new HashMap<>();
  private final Map<String, EventData> ends = new HashMap<>();
  // Heard of before the request was.
  private final Map<String, List<EvaluationReleased>> releases = new HashMap<>();

  /** A request was recorded; the first one of an id counts. */
  public synchronized void requested(Event<EvaluationRequested> request, long timestamp) {
    String id = request.data().evaluationId();
    evaluations.computeIfAbsent(
        id,
        absent ->
            new EvaluationView(
                request,
                timestamp,
                Optional.empty(),
                0,
                List.of(),
                Optional.ofNullable(ends.get(id))));
    releases.getOrDefault(id, List.of()).forEach(this::apply);
    releases.remove(id);
    notifyAll();
  }

  /** A worker is so far. */
  public synchronized void progressed(EvaluationProgressed news) {
    evaluations.computeIfPresent(news.evaluationId(), (id, view) -> view.with(news));
  }

  /** A worker stopped in good order; told once an attempt. */
  public synchronized void released(EvaluationReleased release) {
    if (evaluations.containsKey(release.evaluationId())) {
      apply(release);
    } else {
      releases.computeIfAbsent(release.evaluationId(), absent -> new ArrayList<>()).add(release);
    }
    notifyAll();
  }

  private void apply(EvaluationReleased release) {
    evaluations.computeIfPresent(release.evaluationId(), (id, view) -> view.with(release));
  }

  /** An evaluation is over. */
  public synchronized void ended(EventData end) {
    if (!(end instanceof EvaluationCompleted) && !(end instanceof EvaluationFailed)) {
      throw new IllegalArgumentException(end.getClass() + " ends no evaluation");
    }
    ends.put(end.key(), end);
    releases.remove(end.key());
    evaluations.computeIfPresent(end.key(), (id, view) -> view.endedBy(end));
  }

  public synchronized Optional<EvaluationView> find(String evaluationId) {
    return Optional.ofNullable(evaluations.get(evaluationId));
  }

  /** The end of an evaluation, also where its request is no longer kept. */
  public synchronized Optional<EventData> end(String evaluationId) {
    return Optional.ofNullable(ends.get(evaluationId));
  }

  /** All, newest first. */
  public synchronized List<EvaluationView> all() {
    return evaluations.values().stream()
        .sorted(
            Comparator.comparingLong(EvaluationView::requestedAt)
                .reversed()
                .thenComparing(EvaluationView::id))
        .toList();
  }

  /** Those that are not over, oldest first. */
  public synchronized List<EvaluationView> open() {
    return evaluations.values().stream()
        .filter(view -> view.end().isEmpty())
        .sorted(
            Comparator.comparingLong(EvaluationView::requestedAt).thenComparing(EvaluationView::id))
        .toList();
  }

  /** Waits until a request comes in, or so long. */
  public synchronized void awaitRequest(long millis) throws InterruptedException {
    wait(millis);
  }
}
