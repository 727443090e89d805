package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What is learned, and at what price, against TRL on the same examples in the same order with the
 * same settings: LoRA matrices, the last layers, all weights. Losses are means over target tokens,
 * in nats, on answers that are held out and on passages of a foreign text.
 */
final class LearnBenchmark implements Benchmark {
  private static final int LAST_LAYERS = 8;

  /** What can be trained, with its learning rate. */
  private static final Map<String, Double> REGIMES =
      Map.of("lora", 2e-4, "partial", 5e-5, "full", 2e-5);

  /** In the order in which they are run. */
  static List<String> regimes() {
    return List.of("lora", "partial", "full");
  }

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    List<InstructionRows.Row> rows =
        InstructionRows.read(setup.data(), setup.examples() + setup.heldOut());
    if (rows.size() <= setup.examples()) {
      throw new BenchException(
          "%s has %d rows: none is left to hold out after %d (see --examples)"
              .formatted(setup.data(), rows.size(), setup.examples()));
    }
    Path ordered = setup.work().resolve("learn-rows.json");
    SftBenchmark.write(ordered, rows.subList(0, setup.examples()));
    Path heldOut = setup.work().resolve("learn-held-out.json");
    SftBenchmark.writeAsTheyCome(heldOut, rows.subList(setup.examples(), rows.size()));
    for (String regime : setup.regimes()) {
      ObjectNode task = task(setup, regime, rows.size() - setup.examples());
      ObjectNode ours =
          task.deepCopy()
              .put("model", setup.model().toString())
              .put("data", setup.data().toString())
              .put("work", setup.work().toString())
              .put("microBatches", setup.microBatches())
              .put("recompute", setup.recompute());
      ObjectNode peer =
          task.deepCopy()
              .put("model", peerModel.toString())
              .put("data", ordered.toString())
              .put("heldOutData", heldOut.toString());
      report(regime, sides.byTurns("learn", ours, "trl_sft", peer), measures);
    }
  }

  private static ObjectNode task(Setup setup, String regime, int heldOut) {
    return Sides.task()
        .put("examples", setup.examples())
        .put("heldOut", heldOut)
        .put("text", setup.text().toString())
        .put("passages", 32)
        .put("passageLength", 256)
        .put("batch", setup.batch())
        .put("dtype", setup.dtype())
        .put("threads", setup.threads())
        .put("rank", 16)
        .put("alpha", 32)
        .put("trained", regime)
        .put("lastLayers", LAST_LAYERS)
        .put("learningRate", REGIMES.get(regime))
        .put("maxLength", 512)
        .put("seed", SftBenchmark.SEED);
  }

  private static void report(String regime, Sides.Both both, Consumer<Measure> measures) {
    String faults = RunResults.note(both.ours().fault(), both.peer().fault());
    String before = "before: ours %s, peer %s";
    measures.accept(
        measure(
            both,
            "learn.%s.held_out_loss".formatted(regime),
            "heldOutAfter",
            SftBenchmark.WITHIN,
            "nats",
            RunResults.note(
                faults,
                before.formatted(
                    both.ours().median("heldOutBefore"), both.peer().median("heldOutBefore")),
                curves(both))));
    measures.accept(
        measure(
            both,
            "learn.%s.foreign_text_loss".formatted(regime),
            "textAfter",
            SftBenchmark.WITHIN,
            "nats",
            RunResults.note(
                faults,
                before.formatted(
                    both.ours().median("textBefore"), both.peer().median("textBefore")))));
    measures.accept(
        measure(both, "learn.%s.time".formatted(regime), "seconds", 1, "s of training", faults));
    measures.accept(
        measure(
            both,
            "learn.%s.peak_memory".formatted(regime),
            "trainingPeakMegabytes",
            1,
            "MB (VmHWM)",
            faults));
    measures.accept(
        measure(
            both,
            "learn.%s.result".formatted(regime),
            "resultMegabytes",
            1,
            "MB of files",
            faults));
  }

  private static Measure measure(
      Sides.Both both, String name, String field, double goal, String unit, String note) {
    return new Measure(
        name,
        both.ours().median(field),
        both.peer().median(field),
        goal,
        unit,
        Measure.Better.LOWER,
        note);
  }

  /** How far the losses of the steps lie apart. */
  private static String curves(Sides.Both both) {
    List<Double> ours = both.ours().numbers("losses");
    List<Double> peer = both.peer().numbers("losses");
    if (ours.isEmpty() || ours.size() != peer.size()) {
      return "curves of %d and %d steps".formatted(ours.size(), peer.size());
    }
    double sum = 0;
    double worst = 0;
    for (int i = 0; i < ours.size(); i++) {
      double apart = Math.abs(ours.get(i) - peer.get(i)) / peer.get(i);
      sum += apart;
      worst = Math.max(worst, apart);
    }
    return "curves of %d steps apart by %.2f%% on average, %.2f%% at most"
        .formatted(ours.size(), 100 * sum / ours.size(), 100 * worst);
  }
}
