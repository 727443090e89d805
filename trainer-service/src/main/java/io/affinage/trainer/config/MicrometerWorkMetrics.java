package io.affinage.trainer.config;

import io.affinage.events.Topics;
import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.work.WorkMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** What deploy/METRICS.md names for this process's own work. */
final class MicrometerWorkMetrics implements WorkMetrics {
  private static final String UNSENT = "affinage.events.unsent";
  private static final String FINISHED = "affinage.training.finished";
  private static final String GIVEN_BACK = "affinage.training.given.back";
  private static final String STREAM_BLOCK = "affinage.training.stream.block";

  /** The engine's codes for a loss or gradient that is not a number. */
  private static final Set<String> NON_FINITE = Set.of("non_finite_loss", "non_finite_gradient");

  private final MeterRegistry registry;
  private final Counter steps;
  private final Counter tokens;
  private final Counter nonFinite;
  private final Counter leaseExpired;
  private final Timer checkpoints;
  private final Map<String, Counter> unsent = new HashMap<>();
  private final Counter missed;
  private final MultiGauge metrics;
  private final Counter streamed;
  private final Map<String, Counter> streaming = new HashMap<>();
  private final Map<String, Double> sampled = new ConcurrentHashMap<>();
  private volatile boolean running;
  private volatile boolean waiting;
  private volatile double loss = Double.NaN;
  private volatile long checkpointAt;
  private volatile Set<String> names = Set.of();
  private long tokensBefore;
  private int stepsBefore;

  MicrometerWorkMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.steps = registry.counter("affinage.training.steps");
    this.tokens = registry.counter("affinage.training.tokens");
    this.nonFinite = registry.counter("affinage.training.loss.nonfinite");
    this.leaseExpired = registry.counter("affinage.training.lease.expired");
    this.missed = registry.counter("affinage.training.checkpoint.missed");
    this.checkpoints = registry.timer("affinage.training.checkpoint");
    this.metrics = MultiGauge.builder("affinage.training.metric").register(registry);
    List.of(Topics.TRAINING_PROGRESS, Topics.TRAINING_LOG)
        .forEach(
            topic -> unsent.put(topic.name(), registry.counter(UNSENT, "topic", topic.name())));
    this.streamed =
        Counter.builder("affinage.training.stream.read").baseUnit("bytes").register(registry);
    List.of("waiting", "dequantizing", "computing")
        .forEach(
            phase ->
                streaming.put(
                    phase,
                    Counter.builder("affinage.training.stream.time")
                        .tag("phase", phase)
                        .baseUnit("seconds")
                        .register(registry)));
    registry.timer(STREAM_BLOCK, "layer", "0");
    List.of("succeeded", "failed", "cancelled").forEach(outcome -> count(outcome, "none", 0));
    registry.counter(GIVEN_BACK, "code", "none");
    Gauge.builder("affinage.training.running", () -> running ? 1 : 0).register(registry);
    Gauge.builder("affinage.training.waiting", () -> waiting ? 1 : 0).register(registry);
    Gauge.builder("affinage.training.loss", () -> loss).register(registry);
    sampled("affinage.training.reward", "objective/scores", "reward");
    sampled("affinage.training.kl", "objective/kl", "kl");
    sampled("affinage.training.entropy", "policy/entropy_avg", "entropy");
    sampled("affinage.training.clip.fraction", "policy/clipfrac_avg", "clip_ratio/region_mean");
    sampled("affinage.training.completion.length", "completions/mean_length");
    Gauge.builder("affinage.training.scoring", () -> ofSampled("scoring_seconds"))
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("affinage.training.checkpoint.age", this::checkpointAge)
        .baseUnit("seconds")
        .register(registry);
  }

  /** By the names that objectives give it, the first of them that is told. */
  private void sampled(String gauge, String... names) {
    Gauge.builder(gauge, () -> ofSampled(names)).register(registry);
  }

  private double ofSampled(String... names) {
    return Arrays.stream(names)
        .map(sampled::get)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(Double.NaN);
  }

  private double checkpointAge() {
    return running ? (System.nanoTime() - checkpointAt) / 1e9 : 0;
  }

  private void count(String outcome, String code, int times) {
    registry.counter(FINISHED, "outcome", outcome, "code", code).increment(times);
  }

  @Override
  public void running() {
    checkpointAt = System.nanoTime();
    tokensBefore = -1;
    running = true;
  }

  @Override
  public void idle() {
    running = false;
    waiting = false;
    loss = Double.NaN;
    register(name -> Double.NaN);
    sampled.clear();
  }

  @Override
  public void leaseExpired() {
    leaseExpired.increment();
  }

  /** Counts from the first step of an attempt on: what an earlier attempt did is counted there. */
  @Override
  public void step(EngineProgress progress) {
    if (tokensBefore < 0) {
      steps.increment();
    } else {
      steps.increment(Math.max(0, progress.step() - stepsBefore));
      tokens.increment(Math.max(0, progress.tokensSeen() - tokensBefore));
    }
    stepsBefore = progress.step();
    tokensBefore = progress.tokensSeen();
    loss = progress.trainLoss() == null ? Double.NaN : progress.trainLoss();
    names = Set.copyOf(progress.metrics().keySet());
    register(progress.metrics()::get);
    sampled.keySet().retainAll(names);
    sampled.putAll(progress.metrics());
  }

  @Override
  public void block(EngineBlock block) {
    streamed.increment(block.bytesRead());
    streaming.get("waiting").increment(block.waiting());
    streaming.get("dequantizing").increment(block.dequantizing());
    streaming.get("computing").increment(block.computing());
    registry
        .timer(STREAM_BLOCK, "layer", Integer.toString(block.layer()))
        .record(
            Duration.ofNanos(
                Math.round(1e9 * (block.waiting() + block.dequantizing() + block.computing()))));
  }

  private void register(Function<String, Double> value) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    names.forEach(name -> rows.add(MultiGauge.Row.of(Tags.of("name", name), value.apply(name))));
    metrics.register(rows, true);
  }

  @Override
  public void checkpointStored(Duration duration) {
    checkpoints.record(duration);
    checkpointAt = System.nanoTime();
  }

  @Override
  public void checkpointMissed() {
    missed.increment();
  }

  @Override
  public void waiting(boolean waits) {
    waiting = waits;
  }

  @Override
  public void unsent(String topic) {
    unsent.get(topic).increment();
  }

  @Override
  public void gaveBack(String code) {
    registry.counter(GIVEN_BACK, "code", code).increment();
  }

  @Override
  public void finished(String outcome, String code) {
    count(outcome, code, 1);
    if (NON_FINITE.contains(code)) {
      nonFinite.increment();
    }
  }
}
