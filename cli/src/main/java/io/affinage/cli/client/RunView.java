package io.affinage.cli.client;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RoutingSlip;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A run, as the events with its id tell it. Written by {@link EventView} alone. */
public final class RunView {
  private final String runId;
  private DatasetSubmitted submitted;
  private DatasetReady ready;
  private DatasetRejected rejected;
  private ErrorDetail failure;
  private EvaluationProgressed evaluating;
  private ErrorDetail evaluationWaits;
  private final Set<String> jobs = new LinkedHashSet<>();
  private final Map<String, ModelRegistered> models = new LinkedHashMap<>();
  private final Set<String> evaluationsAsked = new HashSet<>();
  private final Map<String, EvaluationCompleted> evaluations = new LinkedHashMap<>();
  private final Map<String, ModelSummary.Decision> decisions = new LinkedHashMap<>();

  RunView(String runId) {
    this.runId = runId;
  }

  public String runId() {
    return runId;
  }

  void submitted(DatasetSubmitted event) {
    submitted = event;
  }

  void ready(DatasetReady event) {
    ready = event;
  }

  void rejected(DatasetRejected event) {
    rejected = event;
    failed(event.error());
  }

  void failed(ErrorDetail error) {
    if (failure == null) {
      failure = error;
    }
  }

  void job(String jobId) {
    jobs.add(jobId);
  }

  void registered(ModelRegistered event) {
    models.put(event.modelId(), event);
  }

  void evaluationWaits(ErrorDetail what) {
    evaluationWaits = what;
  }

  void evaluating(EvaluationProgressed event) {
    evaluationWaits = null;
    evaluating = event;
  }

  void evaluationAsked(String evaluationId) {
    evaluationsAsked.add(evaluationId);
  }

  void evaluated(EvaluationCompleted event) {
    evaluations.put(event.evaluationId(), event);
  }

  void decided(String evaluationId, ModelSummary.Decision decision) {
    decisions.put(evaluationId, decision);
  }

  /** Whether its dataset has been handed in. */
  public boolean isKnown() {
    return submitted != null || ready != null || rejected != null;
  }

  public Optional<DatasetReady> dataset() {
    return Optional.ofNullable(ready);
  }

  /** Why it ended without its result. */
  public Optional<ErrorDetail> failure() {
    return Optional.ofNullable(failure);
  }

  public Optional<EvaluationProgressed> evaluationProgress() {
    return Optional.ofNullable(evaluating);
  }

  /** What keeps the evaluation from going on. */
  public Optional<ErrorDetail> evaluationWaiting() {
    return Optional.ofNullable(evaluationWaits);
  }

  public Set<String> jobs() {
    return jobs;
  }

  /** Whether an evaluation has been asked for that has not ended. */
  public boolean evaluating() {
    return evaluationsAsked.stream().anyMatch(id -> !evaluations.containsKey(id));
  }

  /** Every model that its trainings registered. */
  public Collection<ModelRegistered> models() {
    return models.values();
  }

  /** Every decision, by its evaluation. */
  public Map<String, ModelSummary.Decision> decisions() {
    return Map.copyOf(decisions);
  }

  /** The model that its last training registered. */
  public Optional<ModelRegistered> model() {
    return models.values().stream().min(Comparator.comparingInt(made -> left(made.slip())));
  }

  /** The last evaluation. */
  public Optional<EvaluationCompleted> evaluation() {
    return evaluations.values().stream().min(Comparator.comparingInt(ended -> left(ended.slip())));
  }

  /** Stages after one: partitions are read in any order, so what was heard last need not be it. */
  private static int left(RoutingSlip slip) {
    return slip == null ? 0 : slip.stages().size();
  }

  /** The decision of {@link #evaluation()}. */
  public Optional<ModelSummary.Decision> decision() {
    return evaluation().map(ended -> decisions.get(ended.evaluationId()));
  }

  /**
   * Whether so many stages of each kind have ended well, or one decided against going on; the
   * dataset counts as a stage.
   */
  public boolean isDone(long trainings, long evaluationStages) {
    boolean stopped =
        decisions.entrySet().stream()
            .anyMatch(e -> !e.getValue().promoted() && evaluations.containsKey(e.getKey()));
    return ready != null && (stopped || allDone(trainings, evaluationStages));
  }

  private boolean allDone(long trainings, long evaluationStages) {
    return models.size() >= trainings
        && evaluations.size() >= evaluationStages
        && decisions.size() >= evaluationStages;
  }
}
