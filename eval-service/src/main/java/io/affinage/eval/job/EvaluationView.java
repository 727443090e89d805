package io.affinage.eval.job;

import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.lease.GivenBack;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One evaluation as the topics tell it.
 *
 * @param request what was asked
 * @param requestedAt when it was recorded, milliseconds since 1970
 * @param progress the last that was heard; empty before
 * @param released attempts whose workers stopped in good order
 * @param givenBack those of them that their workers could not do
 * @param end EvaluationCompleted or EvaluationFailed; empty while it is not over
 */
public record EvaluationView(
    Event<EvaluationRequested> request,
    long requestedAt,
    Optional<EvaluationProgressed> progress,
    int released,
    List<GivenBack> givenBack,
    Optional<EventData> end) {

  public String id() {
    return request.data().evaluationId();
  }

  EvaluationView with(EvaluationProgressed news) {
    return new EvaluationView(request, requestedAt, Optional.of(news), released, givenBack, end);
  }

  EvaluationView with(EvaluationReleased release) {
    List<GivenBack> all = new ArrayList<>(givenBack);
    if (release.error() != null) {
      all.add(new GivenBack(release.attempt(), release.workerId(), release.error()));
    }
    return new EvaluationView(request, requestedAt, progress, released + 1, List.copyOf(all), end);
  }

  EvaluationView endedBy(EventData terminal) {
    return new EvaluationView(
        request, requestedAt, progress, released, givenBack, Optional.of(terminal));
  }
}
