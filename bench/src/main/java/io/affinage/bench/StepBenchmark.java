package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A LoRA step on random tokens, all of them targets and none shared, against PEFT, and how much of
 * the machine's own matrix product speed it reaches. Four FLOPs a matrix parameter and token are
 * counted: forward, and backward to the inputs.
 */
final class StepBenchmark implements Benchmark {
  private static final double SHARE_GOAL = 0.6;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    ObjectNode task =
        Sides.task()
            .put("batch", 4)
            .put("length", 128)
            .put("steps", 24)
            .put("warmUp", 8)
            .put("dtype", setup.dtype())
            .put("threads", setup.threads())
            .put("rank", 16)
            .put("alpha", 32)
            .put("seed", 0);
    ObjectNode ours =
        task.deepCopy().put("model", setup.model().toString()).put("recompute", setup.recompute());
    Sides.Both both =
        sides.byTurns(
            "step", ours, "peft_step", task.deepCopy().put("model", peerModel.toString()));
    String faults = RunResults.note(both.ours().fault(), both.peer().fault());
    measures.accept(
        new Measure(
            "step.tokens_per_second",
            both.ours().median("tokensPerSecond"),
            both.peer().median("tokensPerSecond"),
            1,
            "tokens/s",
            Measure.Better.HIGHER,
            RunResults.note(
                faults,
                "%s; peak memory ours %s, peer %s MB"
                    .formatted(
                        both.ours().text("dtype"),
                        both.ours().median("peakMegabytes"),
                        both.peer().median("peakMegabytes")))));
    measures.accept(
        new Measure(
            "step.gemm_share",
            share(both.ours(), both),
            SHARE_GOAL,
            1,
            "of the bf16 peak; the second number is the goal",
            Measure.Better.HIGHER,
            RunResults.note(
                faults,
                "peak %s GFLOP/s; PEFT reaches %s"
                    .formatted(both.ours().median("peakGflops"), share(both.peer(), both)))));
  }

  private static Double share(RunResults side, Sides.Both both) {
    Double speed = side.median("tokensPerSecond");
    Double peak = both.ours().median("peakGflops");
    Double flops = both.ours().median("flopsPerToken");
    return speed == null || peak == null || flops == null ? null : speed * flops / peak / 1e9;
  }
}
