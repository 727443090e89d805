package io.affinage.eval.job;

import io.affinage.events.EvaluationCompleted;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All registered models with what was decided on them. Thread-safe. */
public final class ModelBoard {
  private final Map<String, ModelRegistered> models = new HashMap<>();
  private final Map<String, Decided> decisions = new HashMap<>();
  private final Map<String, Measured> results = new HashMap<>();

  private record Decided(Decision decision, Instant time) {}

  private record Measured(EvaluationCompleted result, Instant time) {}

  /**
   * The gate's last word on a model.
   *
   * @param time when; seconds since 1970
   */
  public record Decision(boolean promoted, String evaluationId, String reason, long time) {}

  /**
   * A model with what is known of it.
   *
   * @param decision the latest; empty before the first
   * @param evaluation the latest; empty before the first
   */
  public record Model(
      ModelRegistered registration,
      Optional<Decision> decision,
      Optional<EvaluationCompleted> evaluation) {}

  public synchronized void registered(ModelRegistered model) {
    models.put(model.modelId(), model);
  }

  /** A decision; of several, the latest counts, whatever topic it came on. */
  public synchronized void decided(Event<? extends EventData> event, Instant time) {
    Decision decision;
    String modelId = event.data().key();
    if (event.data() instanceof ModelPromoted promoted) {
      decision =
          new Decision(true, promoted.evaluationId(), promoted.reason(), time.getEpochSecond());
    } else if (event.data() instanceof ModelRejected rejected) {
      decision =
          new Decision(false, rejected.evaluationId(), rejected.reason(), time.getEpochSecond());
    } else {
      throw new IllegalArgumentException(event.metadata().type() + " decides nothing");
    }
    decisions.merge(
        modelId,
        new Decided(decision, time),
        (old, now) -> now.time().isBefore(old.time()) ? old : now);
  }

  public synchronized void measured(EvaluationCompleted result, Instant time) {
    results.merge(
        result.modelId(),
        new Measured(result, time),
        (old, now) -> now.time().isBefore(old.time()) ? old : now);
  }

  public synchronized Optional<Model> find(String modelId) {
    return Optional.ofNullable(models.get(modelId)).map(this::view);
  }

  /** All, newest first. */
  public synchronized List<Model> all() {
    List<ModelRegistered> sorted = new ArrayList<>(models.values());
    sorted.sort(
        Comparator.comparingLong(ModelRegistered::createdAt)
            .reversed()
            .thenComparing(ModelRegistered::modelId));
    return sorted.stream().map(this::view).toList();
  }

  private Model view(ModelRegistered model) {
    return new Model(
        model,
        Optional.ofNullable(decisions.get(model.modelId())).map(Decided::decision),
        Optional.ofNullable(results.get(model.modelId())).map(Measured::result));
  }
}
