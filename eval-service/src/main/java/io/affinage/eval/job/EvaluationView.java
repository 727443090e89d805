package io.affinage.eval.job;

import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import java.util.Optional;

/**
 * One evaluation as the topics tell it.
 *
 * @param request what was asked
 * @param requestedAt when it was recorded, milliseconds since 1970
 * @param progress the last that was heard; empty before
 * @param end EvaluationCompleted or EvaluationFailed; empty while it is not over
 */
public record EvaluationView(
    Event<EvaluationRequested> request,
    long requestedAt,
    Optional<EvaluationProgressed> progress,
    Optional<EventData> end) {

  public String id() {
    return request.data().evaluationId();
  }

  EvaluationView with(EvaluationProgressed news) {
    return new EvaluationView(request, requestedAt, Optional.of(news), end);
  }

  EvaluationView endedBy(EventData terminal) {
    return new EvaluationView(request, requestedAt, progress, Optional.of(terminal));
  }
}
