package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.EpochOrder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Fine-tuning against TRL with PEFT: same examples, order, batches, rate, targets.
 *
 * @param full whether all weights are trained, not LoRA matrices
 * @param quantized whether the base is kept in NF4 with double quantization, bitsandbytes' there
 * @param speedGoal ratio of tokens a second to reach
 * @param memoryGoal ratio of peak memories to reach
 */
record SftBenchmark(
    String name,
    boolean full,
    boolean quantized,
    double learningRate,
    double speedGoal,
    double memoryGoal)
    implements Benchmark {
  static final SftBenchmark LORA = new SftBenchmark("sft", false, false, 2e-4, 4, 2.5);
  static final SftBenchmark QLORA = new SftBenchmark("qlora", false, true, 2e-4, 2, 2);
  static final SftBenchmark FULL = new SftBenchmark("full", true, false, 2e-5, 1.5, 1.67);

  /** Losses shall be at most this much above the peer's. */
  static final double WITHIN = 0.99;

  static final long SEED = 0;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    List<InstructionRows.Row> rows = InstructionRows.read(setup.data(), setup.examples());
    Path ordered = setup.work().resolve("sft-rows.json");
    write(ordered, rows);
    ObjectNode task =
        Sides.task()
            .put("examples", rows.size())
            .put("batch", setup.batch())
            .put("dtype", setup.dtype())
            .put("threads", setup.threads())
            .put("rank", 16)
            .put("alpha", 32)
            .put("trained", full ? "full" : "lora")
            .put("learningRate", learningRate)
            .put("maxLength", 512)
            .put("seed", SEED)
            .put("weights", quantized ? "nf4-double" : "plain");
    ObjectNode ours =
        task.deepCopy()
            .put("model", setup.model().toString())
            .put("data", setup.data().toString())
            // Of all weights the optimizer's state is most of the memory; TRL's is bfloat16 there.
            .put("optimizer", full ? "adamw_companded" : "adamw")
            .put("microBatches", setup.microBatches())
            .put("recompute", setup.recompute());
    ObjectNode peer =
        task.deepCopy().put("model", peerModel.toString()).put("data", ordered.toString());
    Sides.Both both = sides.byTurns("sft", ours, "trl_sft", peer);
    String note =
        RunResults.note(
            both.ours().fault(),
            both.peer().fault(),
            "%d examples, batch %d; ours %s loss %s of %s tokens; TRL %s loss %s of %s tokens"
                .formatted(
                    rows.size(),
                    setup.batch(),
                    both.ours().text("dtype"),
                    both.ours().text("loss"),
                    both.ours().text("tokens"),
                    both.peer().text("dtype"),
                    both.peer().text("loss"),
                    both.peer().text("tokens")));
    measures.accept(
        new Measure(
            name + ".tokens_per_second",
            both.ours().median("tokensPerSecond"),
            both.peer().median("tokensPerSecond"),
            speedGoal,
            "non-pad tokens/s",
            Measure.Better.HIGHER,
            note));
    measures.accept(
        new Measure(
            name + ".peak_memory",
            both.ours().median("peakMegabytes"),
            both.peer().median("peakMegabytes"),
            memoryGoal,
            "MB (VmHWM)",
            Measure.Better.LOWER,
            RunResults.note(both.ours().fault(), both.peer().fault())));
    measures.accept(
        new Measure(
            name + ".loss",
            both.ours().median("loss"),
            both.peer().median("loss"),
            WITHIN,
            "nats, mean of the steps",
            Measure.Better.LOWER,
            RunResults.note(both.ours().fault(), both.peer().fault())));
  }

  /** In the order in which our run takes them, for the peer to take as they come. */
  static void write(Path file, List<InstructionRows.Row> rows) {
    List<InstructionRows.Row> ordered = new ArrayList<>();
    for (int index : EpochOrder.shuffled(rows.size(), SEED, 0)) {
      ordered.add(rows.get(index));
    }
    writeAsTheyCome(file, ordered);
  }

  static void writeAsTheyCome(Path file, List<InstructionRows.Row> rows) {
    try {
      new JsonMapper().writeValue(file.toFile(), rows);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }
}
