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
 * LoRA matrices learn preference pairs, against TRL with PEFT: same pairs, order, batches, rate.
 *
 * @param name of the measures, and of what is minimised
 * @param learningRate of both sides
 */
record PreferenceBenchmark(String name, double learningRate, double speedGoal, double memoryGoal)
    implements Benchmark {
  static final PreferenceBenchmark DPO = new PreferenceBenchmark("dpo", 5e-5, 4, 2.5);

  /** With a head of scores, which is trained as a whole. */
  static final PreferenceBenchmark REWARD = new PreferenceBenchmark("reward", 1e-4, 3, 2);

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    List<PreferenceRows.Row> rows = PreferenceRows.read(setup.data(), setup.examples());
    Path ordered = setup.work().resolve(name + "-rows.json");
    write(ordered, rows);
    ObjectNode task =
        Sides.task()
            .put("examples", rows.size())
            .put("batch", setup.batch())
            .put("dtype", setup.dtype())
            .put("threads", setup.threads())
            .put("rank", 16)
            .put("alpha", 32)
            .put("objective", name)
            .put("beta", 0.1)
            .put("centering", 0.01)
            .put("learningRate", learningRate)
            .put("maxLength", 512)
            .put("seed", SftBenchmark.SEED);
    ObjectNode ours =
        task.deepCopy()
            .put("model", setup.model().toString())
            .put("data", setup.data().toString())
            .put("microBatches", setup.microBatches())
            .put("recompute", setup.recompute());
    ObjectNode peer =
        task.deepCopy().put("model", peerModel.toString()).put("data", ordered.toString());
    Sides.Both both = sides.byTurns("preference", ours, "trl_preference", peer);
    String note =
        RunResults.note(
            both.ours().fault(),
            both.peer().fault(),
            "%d pairs, batch %d; ours %s losses %s of %s tokens; TRL %s losses %s of %s tokens"
                .formatted(
                    rows.size(),
                    setup.batch(),
                    both.ours().text("dtype"),
                    both.ours().numbers("losses"),
                    both.ours().text("tokens"),
                    both.peer().text("dtype"),
                    both.peer().numbers("losses"),
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
  }

  /** In the order in which our run takes them, for the peer to take as they come. */
  private static void write(Path file, List<PreferenceRows.Row> rows) {
    List<PreferenceRows.Row> ordered = new ArrayList<>();
    for (int index : EpochOrder.shuffled(rows.size(), SftBenchmark.SEED, 0)) {
      ordered.add(rows.get(index));
    }
    try {
      new JsonMapper().writeValue(file.toFile(), ordered);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }
}
