package io.affinage.reward.learned;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** What is counted of reward models, by model. */
final class LearnedMeters {
  /** Models with series of their own; more are counted together. */
  private static final int MOST_MODELS = 100;

  private static final String NONE = "none";
  private static final String OTHERS = "others";
  private static final String TAG = "model";

  private final MeterRegistry registry;
  private final Map<String, AtomicReference<Double>> fills = new ConcurrentHashMap<>();

  LearnedMeters(MeterRegistry registry, Supplier<Number> waiting, Supplier<Number> loaded) {
    this.registry = registry;
    Gauge.builder("affinage.reward.model.waiting", waiting).register(registry);
    Gauge.builder("affinage.reward.model.loaded", loaded).register(registry);
    // There before the first model is asked, as dashboards want them.
    tag(NONE);
    registry.counter("affinage.reward.model.scored", TAG, NONE);
    registry.counter("affinage.reward.model.cached", TAG, NONE);
    registry.timer("affinage.reward.model.compute", TAG, NONE);
    registry.timer("affinage.reward.model.latency", TAG, NONE);
  }

  private String tag(String model) {
    if (!fills.containsKey(model) && fills.size() > MOST_MODELS) {
      return OTHERS;
    }
    fills.computeIfAbsent(
        model,
        name -> {
          AtomicReference<Double> fill = new AtomicReference<>(Double.NaN);
          Gauge.builder("affinage.reward.model.fill", fill::get).tag(TAG, name).register(registry);
          return fill;
        });
    return model;
  }

  /** A text is computed: told before its score, so that whoever has that finds it counted. */
  void scored(String model) {
    registry.counter("affinage.reward.model.scored", TAG, tag(model)).increment();
  }

  /** A batch was computed. */
  void computed(String model, double fill, long nanos) {
    String tag = tag(model);
    registry.timer("affinage.reward.model.compute", TAG, tag).record(nanos, TimeUnit.NANOSECONDS);
    if (fills.containsKey(tag)) {
      fills.get(tag).set(fill);
    }
  }

  /** Texts of which the scores were known. */
  void cached(String model, int texts) {
    registry.counter("affinage.reward.model.cached", TAG, tag(model)).increment(texts);
  }

  /** A request's texts have their scores. */
  void answered(String model, long nanos) {
    registry
        .timer("affinage.reward.model.latency", TAG, tag(model))
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
