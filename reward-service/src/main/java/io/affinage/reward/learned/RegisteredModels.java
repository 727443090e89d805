package io.affinage.reward.learned;

import io.affinage.events.ModelRegistered;
import io.affinage.reward.scoring.InvalidRewardException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** All registered models, and who waits for one that is not there yet. Thread-safe. */
public final class RegisteredModels {
  private final Map<String, ModelRegistered> models = new HashMap<>();
  private final Map<String, List<CompletableFuture<ModelRegistered>>> waiting = new HashMap<>();

  /** Takes in a registration. */
  public void registered(ModelRegistered model) {
    List<CompletableFuture<ModelRegistered>> found;
    synchronized (this) {
      models.put(model.modelId(), model);
      found = waiting.remove(model.modelId());
    }
    if (found != null) {
      found.forEach(each -> each.complete(model));
    }
  }

  /** Takes in that a model is no more. */
  public synchronized void removed(String modelId) {
    models.remove(modelId);
  }

  /**
   * The registration of a model, as soon as it is there.
   *
   * @param patience how long it is waited for; a request may be faster than the model's event
   * @return fails with an {@link InvalidRewardException}, {@code unknown_model}, after that
   */
  CompletableFuture<ModelRegistered> find(String modelId, Duration patience) {
    CompletableFuture<ModelRegistered> coming = new CompletableFuture<>();
    synchronized (this) {
      ModelRegistered known = models.get(modelId);
      if (known != null) {
        return CompletableFuture.completedFuture(known);
      }
      waiting.computeIfAbsent(modelId, id -> new ArrayList<>()).add(coming);
    }
    return coming
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (model, failure) -> {
              if (model != null) {
                return model;
              }
              forget(modelId, coming);
              String why =
                  failure instanceof TimeoutException
                      ? "no model is registered as '%s', and none was within %d s"
                          .formatted(modelId, patience.toSeconds())
                      : "the model '%s' was not found: %s".formatted(modelId, failure);
              throw new InvalidRewardException("unknown_model", why, "reward.model");
            });
  }

  private synchronized void forget(String modelId, CompletableFuture<ModelRegistered> coming) {
    waiting.computeIfPresent(
        modelId,
        (id, others) -> {
          others.remove(coming);
          return others.isEmpty() ? null : others;
        });
  }
}
