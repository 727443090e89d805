package io.affinage.reward.config;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.affinage.events.ErrorDetail;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.batch.ExternalScores;
import io.affinage.reward.batch.LearnedScores;
import io.affinage.reward.batch.RequestScorer;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.scoring.InvalidRewardException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The scorer that both edges share, counted and timed. */
@ApplicationScoped
public class MeteredScorer {
  private final RequestScorer scorer;
  private final StoredItems stored;
  private final Map<Class<?>, Counter> scored = new HashMap<>();
  private final Counter answered;
  private final Counter failed;
  private final Timer time;

  MeteredScorer(RewardConfig config, StoredItems stored, MeterRegistry meters) {
    this.stored = stored;
    scorer = new RequestScorer(config.maxItems());
    // The wire's own names, so that a new reward is counted without a change here.
    for (JsonSubTypes.Type type : RewardSpec.class.getAnnotation(JsonSubTypes.class).value()) {
      scored.put(type.value(), meters.counter("affinage.reward.scored", "reward", type.name()));
    }
    answered = meters.counter("affinage.reward.requests", "outcome", "scored");
    failed = meters.counter("affinage.reward.requests", "outcome", "failed");
    time = meters.timer("affinage.reward.batch");
  }

  /**
   * As {@link RequestScorer#score(RewardRequested, ExternalScores, LearnedScores)}, also where the
   * items lie in the artifact store.
   */
  public CompletableFuture<RewardScored> score(
      RewardRequested request, ExternalScores externals, LearnedScores learned) {
    long begun = System.nanoTime();
    RewardRequested whole;
    try {
      whole = stored.whole(request);
    } catch (InvalidRewardException e) {
      RewardScored refused =
          new RewardScored(
              request.requestId(), List.of(), new ErrorDetail(e.code(), e.getMessage(), e.param()));
      count(request, refused);
      return CompletableFuture.completedFuture(refused);
    }
    return scorer
        .score(whole, externals, learned)
        .thenApply(
            answer -> {
              time.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              count(request, answer);
              return answer;
            });
  }

  private void count(RewardRequested request, RewardScored answer) {
    if (answer.error() != null) {
      failed.increment();
      return;
    }
    answered.increment();
    long values = answer.scores().stream().filter(score -> score.value() != null).count();
    scored.get(request.reward().getClass()).increment(values);
  }
}
