package io.affinage.eval.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.eval.job.EvaluationView;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.lease.JobState;
import java.util.List;

/**
 * An evaluation.
 *
 * @param status {@code queued}, {@code running}, {@code succeeded} or {@code failed}
 * @param createdAt when it was requested, seconds since 1970
 * @param waitingFor ids of models that have not been registered yet; absent where it waits for none
 * @param progress absent when it does not run
 * @param result absent unless it succeeded
 * @param error absent unless it failed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record EvaluationCard(
    String id,
    String object,
    String status,
    String model,
    @JsonProperty("created_at") long createdAt,
    ArtifactRef dataset,
    EvaluationSpec spec,
    @JsonProperty("waiting_for") List<String> waitingFor,
    Progress progress,
    EvaluationCompleted result,
    ErrorDetail error) {

  record Progress(String variant, int done, int total) {
    static Progress of(EvaluationProgressed progressed) {
      return new Progress(progressed.variant(), progressed.done(), progressed.total());
    }
  }

  static EvaluationCard of(EvaluationView view, JobState state, List<String> awaited) {
    EvaluationCompleted result =
        view.end().orElse(null) instanceof EvaluationCompleted completed ? completed : null;
    ErrorDetail error =
        view.end().orElse(null) instanceof EvaluationFailed failed ? failed.error() : null;
    boolean running = view.end().isEmpty() && state instanceof JobState.Running;
    String status = running ? "running" : "queued";
    if (view.end().isPresent()) {
      status = error == null ? "succeeded" : "failed";
    }
    return new EvaluationCard(
        view.id(),
        "evaluation",
        status,
        view.request().data().measured(),
        view.requestedAt() / 1000,
        view.request().data().dataset(),
        view.request().data().spec(),
        status.equals("queued") && !awaited.isEmpty() ? awaited : null,
        running ? view.progress().map(Progress::of).orElse(null) : null,
        result,
        error);
  }
}
