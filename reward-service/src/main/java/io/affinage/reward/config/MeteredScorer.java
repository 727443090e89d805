package io.affinage.reward.config;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.batch.RequestScorer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.Map;

/** The scorer that both edges share, counted and timed. */
@ApplicationScoped
public class MeteredScorer {
  private final RequestScorer scorer;
  private final Map<Class<?>, Counter> scored = new HashMap<>();
  private final Counter answered;
  private final Counter failed;
  private final Timer time;

  MeteredScorer(RewardConfig config, MeterRegistry meters) {
    scorer = new RequestScorer(config.maxItems());
    // The wire's own names, so that a new reward is counted without a change here.
    for (JsonSubTypes.Type type : RewardSpec.class.getAnnotation(JsonSubTypes.class).value()) {
      scored.put(type.value(), meters.counter("affinage.reward.scored", "reward", type.name()));
    }
    answered = meters.counter("affinage.reward.requests", "outcome", "scored");
    failed = meters.counter("affinage.reward.requests", "outcome", "failed");
    time = meters.timer("affinage.reward.batch");
  }

  /** As {@link RequestScorer#score}. */
  public RewardScored score(RewardRequested request) {
    RewardScored answer = time.record(() -> scorer.score(request));
    if (answer.error() != null) {
      failed.increment();
    } else {
      answered.increment();
      long values = answer.scores().stream().filter(score -> score.value() != null).count();
      scored.get(request.reward().getClass()).increment(values);
    }
    return answer;
  }
}
