package io.affinage.trainer.job;

import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EventData;
import io.affinage.events.StageNeeds;
import io.affinage.events.TrainingRequested;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What is known about submitted datasets. Safe for use by several threads. */
public final class DatasetView {

  /** A dataset version, the reason why there is none to learn from, or neither yet. */
  record Entry(ArtifactRef dataset, ErrorDetail rejection) {}

  private static final Entry PENDING = new Entry(null, null);
  private final ConcurrentHashMap<String, EventData> decided = new ConcurrentHashMap<>();
  private final Set<String> submitted = ConcurrentHashMap.newKeySet();

  /** A submission exists, whatever comes of it. */
  public void submitted(String submissionId) {
    submitted.add(submissionId);
  }

  /** A ready dataset stays ready: submitting the same id again has no second effect. */
  public void ready(DatasetReady event) {
    decided.put(event.submissionId(), event);
  }

  public void rejected(DatasetRejected event) {
    decided.putIfAbsent(event.submissionId(), event);
  }

  public boolean knows(String submissionId) {
    return submitted.contains(submissionId) || decided.containsKey(submissionId);
  }

  public Optional<DatasetReady> findReady(String submissionId) {
    return Optional.ofNullable(decided.get(submissionId))
        .filter(DatasetReady.class::isInstance)
        .map(DatasetReady.class::cast);
  }

  public Optional<DatasetRejected> findRejected(String submissionId) {
    return Optional.ofNullable(decided.get(submissionId))
        .filter(DatasetRejected.class::isInstance)
        .map(DatasetRejected.class::cast);
  }

  Entry of(TrainingRequested request) {
    if (request.dataset() != null) {
      return new Entry(request.dataset(), null);
    }
    EventData event =
        request.datasetSubmissionId() == null ? null : decided.get(request.datasetSubmissionId());
    if (event instanceof DatasetReady ready) {
      return StageNeeds.ofTraining(ready, request.spec(), null)
          .map(unmet -> new Entry(null, unmet))
          .orElseGet(() -> new Entry(ready.dataset(), null));
    }
    if (event instanceof DatasetRejected rejected) {
      return new Entry(null, rejected.error());
    }
    return PENDING;
  }
}
