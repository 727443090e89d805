package io.affinage.dataset.submission;

import io.affinage.events.ContentIds;
import io.affinage.events.DatasetReady;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.TrainingRequested;
import java.util.Optional;

/** What a run wants with its dataset. */
public final class NextStage {
  private NextStage() {}

  /** The training that the slip asks for next; the request carries what comes after it. */
  public static Optional<TrainingRequested> training(DatasetReady ready) {
    RoutingSlip slip = ready.slip();
    if (slip == null
        || slip.stages().isEmpty()
        || !(slip.stages().get(0) instanceof Stage.Train train)) {
      return Optional.empty();
    }
    RoutingSlip rest = slip.rest();
    String jobId =
        ContentIds.jobId(
            train.baseModel(), ready.dataset(), null, train.spec(), train.suffix(), rest);
    return Optional.of(
        new TrainingRequested(
            jobId,
            train.baseModel(),
            ready.dataset(),
            ready.name(),
            train.spec(),
            train.suffix(),
            null,
            rest,
            ready.submissionId()));
  }
}
