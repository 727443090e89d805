package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;

/**
 * Whether memory stays flat over many steps. There is no peer: the second number is what our own
 * process held after a tenth of the steps.
 */
final class SoakBenchmark implements Benchmark {
  /** Growth of a twentieth after the first tenth is not flat. */
  private static final double FLAT = 0.95;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    ObjectNode task =
        Sides.task()
            .put("model", setup.model().toString())
            .put("data", setup.data().toString())
            .put("examples", setup.examples())
            .put("steps", setup.steps())
            .put("batch", 1)
            .put("microBatches", 1)
            .put("recompute", setup.recompute())
            .put("dtype", setup.dtype())
            .put("rank", 16)
            .put("alpha", 32)
            .put("trained", "lora")
            .put("learningRate", 2e-5)
            .put("maxLength", 512)
            .put("seed", SftBenchmark.SEED);
    RunResults answer = Sides.answer(sides.ours("soak", task), "ours");
    report("soak.resident", "residentMegabytes", answer, measures);
    report("soak.heap", "heapMegabytes", answer, measures);
  }

  private static void report(
      String name, String field, RunResults answer, Consumer<Measure> measures) {
    List<Double> samples = answer.numbers(field);
    boolean enough = samples.size() > 2;
    measures.accept(
        new Measure(
            name,
            enough ? samples.get(samples.size() - 1) : null,
            enough ? samples.get(samples.size() / 10) : null,
            FLAT,
            "MB at the end; the second number is after a tenth of the steps",
            Measure.Better.LOWER,
            RunResults.note(answer.fault(), "on the way " + samples)));
  }
}
