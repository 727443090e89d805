package io.affinage.eval.kafka;

import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.EvaluationView;
import io.affinage.eval.run.Findings;
import io.affinage.eval.run.Plan;
import io.affinage.eval.run.Variant;
import io.affinage.events.Topics;
import io.affinage.events.lease.JobState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;

/** The service's own numbers, all registered at the start; deploy/METRICS.md explains them. */
public final class EvaluationMetrics {
  private final MeterRegistry registry;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();

  /** All that are no part of every evaluation: their names are the users'. */
  private static final String COMPARED = "compared";

  private static final List<String> VARIANTS =
      List.of(
          Variant.BASE.wireName(), Variant.PROMPTED.wireName(), Variant.TUNED.wireName(), COMPARED);

  private final Map<String, Counter> items = new HashMap<>();
  private final Map<String, AtomicReference<Double>> scores = new ConcurrentHashMap<>();
  private final Counter expired;
  private final Counter promoted;
  private final Counter rejected;
  private final Counter deadLetters;
  private final Counter duplicates;
  private final Counter unsent;

  public EvaluationMetrics(MeterRegistry registry) {
    this.registry = registry;
    String topic = Topics.EVALUATION_REQUESTED.name();
    Gauge.builder("affinage.evaluation.running", running::get).register(registry);
    Gauge.builder("affinage.evaluation.waiting", waiting::get).register(registry);
    for (String variant : VARIANTS) {
      items.put(variant, registry.counter("affinage.evaluation.items", "variant", variant));
    }
    finished("succeeded", "none");
    finished("failed", "none");
    givenBack("none");
    expired = registry.counter("affinage.evaluation.lease.expired");
    promoted = registry.counter("affinage.model.decisions", "outcome", "promoted");
    rejected = registry.counter("affinage.model.decisions", "outcome", "rejected");
    deadLetters = registry.counter("affinage.events.deadletter", "topic", topic);
    unsent = registry.counter("affinage.events.unsent", "topic", Topics.EVALUATION_LOG.name());
    duplicates = registry.counter("affinage.events.duplicates", "topic", topic);
  }

  void watch(EvaluationBoard board, Function<String, JobState> state) {
    Gauge.builder("affinage.evaluation.queued", () -> queued(board, state).count())
        .register(registry);
    Gauge.builder("affinage.evaluation.queued.age", () -> age(board, state))
        .baseUnit("seconds")
        .register(registry);
  }

  private static Stream<EvaluationView> queued(
      EvaluationBoard board, Function<String, JobState> state) {
    return board.open().stream().filter(view -> state.apply(view.id()) instanceof JobState.Queued);
  }

  private static double age(EvaluationBoard board, Function<String, JobState> state) {
    long now = System.currentTimeMillis();
    return queued(board, state)
        .mapToDouble(view -> Math.max(0, now - view.requestedAt()) / 1e3)
        .max()
        .orElse(0);
  }

  void started(boolean tookOver) {
    running.incrementAndGet();
    if (tookOver) {
      expired.increment();
    }
  }

  void stopped() {
    running.decrementAndGet();
  }

  void advanced(Variant variant, int more) {
    items.get(tag(variant)).increment(more);
  }

  private static String tag(Variant variant) {
    return VARIANTS.contains(variant.wireName()) ? variant.wireName() : COMPARED;
  }

  void succeeded(Plan plan, Findings findings) {
    finished("succeeded", "none").increment();
    (findings.decision().promoted() ? promoted : rejected).increment();
    String metric = plan.deciding().wireName();
    findings
        .estimates()
        .forEach(
            (variant, byMetric) -> score(tag(variant), metric).set(byMetric.get(metric).score()));
  }

  private AtomicReference<Double> score(String variant, String metric) {
    return scores.computeIfAbsent(
        variant + " " + metric,
        absent -> {
          AtomicReference<Double> value = new AtomicReference<>(Double.NaN);
          Gauge.builder("affinage.evaluation.score", value::get)
              .tags(Tags.of("variant", variant, "metric", metric))
              .register(registry);
          return value;
        });
  }

  void failed(String code) {
    finished("failed", code).increment();
  }

  /** An evaluation was given back, for this worker could not do it. */
  void gaveBack(String code) {
    givenBack(code).increment();
  }

  private Counter givenBack(String code) {
    return registry.counter("affinage.evaluation.given.back", "code", code);
  }

  private Counter finished(String outcome, String code) {
    return registry.counter("affinage.evaluation.finished", "outcome", outcome, "code", code);
  }

  void deadLetter() {
    deadLetters.increment();
  }

  /** Whether the running evaluation waits for the artifact store. */
  void waiting(boolean waits) {
    waiting.set(waits ? 1 : 0);
  }

  void unsent() {
    unsent.increment();
  }

  void duplicate() {
    duplicates.increment();
  }
}
