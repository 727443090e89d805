package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * GRPO of LoRA matrices against TRL with PEFT, sampling included: same prompts, groups, longest
 * answer, rate, beta and reward (answers of few words).
 */
record GrpoBenchmark() implements Benchmark {
  private static final double SPEED_GOAL = 3;
  private static final double MEMORY_GOAL = 2;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    List<PreferenceRows.Row> rows = PreferenceRows.read(setup.data(), setup.examples());
    Path prompts = setup.work().resolve("grpo-prompts.json");
    try {
      new JsonMapper()
          .writeValue(prompts.toFile(), rows.stream().map(PreferenceRows.Row::prompt).toList());
    } catch (IOException e) {
      throw new BenchException("cannot write " + prompts + ": " + e.getMessage());
    }
    ObjectNode task =
        Sides.task()
            .put("data", prompts.toString())
            .put("batch", setup.batch())
            .put("dtype", setup.dtype())
            .put("threads", setup.threads())
            .put("group", 8)
            .put("newTokens", 32)
            .put("words", 12)
            .put("rank", 16)
            .put("alpha", 32)
            .put("beta", 0.04)
            .put("learningRate", 5e-5)
            .put("seed", SftBenchmark.SEED);
    ObjectNode ours =
        task.deepCopy()
            .put("model", setup.model().toString())
            .put("maxLength", 512)
            .put("microBatches", setup.microBatches())
            .put("recompute", setup.recompute());
    ObjectNode peer = task.deepCopy().put("model", peerModel.toString());
    Sides.Both both = sides.byTurns("grpo", ours, "trl_grpo", peer);
    measures.accept(
        new Measure(
            "grpo.completions_per_second",
            both.ours().median("completionsPerSecond"),
            both.peer().median("completionsPerSecond"),
            SPEED_GOAL,
            "answers sampled and learned/s",
            Measure.Better.HIGHER,
            RunResults.note(
                both.ours().fault(),
                both.peer().fault(),
                "%d prompts, %d a step, groups of 8; ours %s rewards %s lengths %s; TRL %s rewards %s lengths %s"
                    .formatted(
                        rows.size(),
                        setup.batch(),
                        both.ours().text("dtype"),
                        both.ours().numbers("rewards"),
                        both.ours().numbers("lengths"),
                        both.peer().text("dtype"),
                        both.peer().numbers("rewards"),
                        both.peer().numbers("lengths")))));
    measures.accept(
        new Measure(
            "grpo.peak_memory",
            both.ours().median("peakMegabytes"),
            both.peer().median("peakMegabytes"),
            MEMORY_GOAL,
            "MB (VmHWM)",
            Measure.Better.LOWER,
            RunResults.note(both.ours().fault(), both.peer().fault())));
  }
}
