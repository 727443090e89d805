package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.BottleneckSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.Ia3Spec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.adapter.PrefixTuningSpec;
import io.affinage.events.adapter.PromptTuningSpec;
import io.affinage.events.spec.Choices;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The methods of adaptation side by side, without a peer: the same examples in the same order, each
 * method at its own learning rate. What a method gave is kept in the work folder by its task, so
 * that a run which was cut off goes on where it was.
 */
final class AdaptersBenchmark implements Benchmark {
  /** Each method with the learning rate that recipes have as its default. */
  static final Map<String, Double> METHODS;

  static {
    Map<String, Double> methods = new LinkedHashMap<>();
    put(methods, new LoraSpec(null, null, null, null, null, null, null));
    put(methods, new DoraSpec(null, null, null, null, null));
    put(methods, new Ia3Spec(null, null));
    put(methods, new PromptTuningSpec(null, null, null));
    put(methods, new PrefixTuningSpec(null));
    put(methods, new BottleneckSpec(null, null));
    put(methods, new NoAdapter());
    METHODS = Collections.unmodifiableMap(methods);
  }

  private static void put(Map<String, Double> methods, AdapterSpec type) {
    methods.put(Choices.name(AdapterSpec.class, type), type.learningRate());
  }

  /** One number of a method's answer. */
  private record Column(String name, String field, String unit, Measure.Better better) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column("trained", "trainedParameters", "numbers", Measure.Better.LOWER),
          new Column("peak_memory", "trainingPeakMegabytes", "MB (VmHWM)", Measure.Better.LOWER),
          new Column("tokens_per_second", "tokensPerSecond", "tokens/s", Measure.Better.HIGHER),
          new Column("held_out_loss", "heldOutAfter", "nats", Measure.Better.LOWER),
          new Column("score", "score", "share of answers", Measure.Better.HIGHER),
          new Column("result", "resultMegabytes", "MB of files", Measure.Better.LOWER));

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    KeptResults kept = new KeptResults(setup.work());
    for (Map.Entry<String, Double> method : METHODS.entrySet()) {
      ObjectNode task =
          Sides.task()
              .put("model", setup.model().toString())
              .put("data", setup.data().toString())
              .put("work", setup.work().toString())
              .put("method", method.getKey())
              .put("learningRate", method.getValue())
              .put("examples", setup.examples())
              .put("heldOut", setup.heldOut())
              .put("batch", setup.batch())
              .put("microBatches", setup.microBatches())
              .put("recompute", setup.recompute())
              .put("dtype", setup.dtype())
              .put("maxLength", 256)
              .put("seed", SftBenchmark.SEED);
      RunResults answer =
          kept.of("ours", "adapters-" + method.getKey(), task, () -> sides.ours("adapters", task));
      report(method.getKey(), method.getValue(), answer, measures);
    }
  }

  private static void report(
      String method, double rate, RunResults answer, Consumer<Measure> measures) {
    for (Column column : COLUMNS) {
      String before =
          column.name.equals("held_out_loss")
              ? "before: %s; learning rate %s".formatted(answer.median("heldOutBefore"), rate)
              : null;
      measures.accept(
          new Measure(
              "adapters.%s.%s".formatted(method, column.name),
              answer.median(column.field),
              null,
              1,
              column.unit,
              column.better,
              RunResults.note(answer.fault(), before)));
    }
  }
}
