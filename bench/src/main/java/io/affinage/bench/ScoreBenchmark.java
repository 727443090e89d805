package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Scores of a reward model (LoRA r 16 on all linear layers, a head of scores) against transformers
 * in batches of 16. Ours as the reward service computes them: with the same bits in any company.
 * The peer has the adapter merged, and takes texts as they come.
 */
record ScoreBenchmark() implements Benchmark {
  private static final double SPEED_GOAL = 2;
  private static final int PEER_BATCH = 16;

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    List<PreferenceRows.Row> rows = PreferenceRows.read(setup.data(), setup.examples());
    Path texts = setup.work().resolve("score-texts.json");
    write(texts, rows);
    ObjectNode task =
        Sides.task()
            .put("texts", texts.toString())
            .put("adapter", setup.work().resolve("score-adapter").toString())
            .put("dtype", setup.dtype())
            .put("threads", setup.threads())
            .put("rank", 16)
            .put("alpha", 32)
            .put("batch", PEER_BATCH)
            .put("seed", SftBenchmark.SEED);
    // The peer reads the adapter that ours writes.
    Sides.Both both =
        sides.byTurns(
            "score",
            task.deepCopy().put("model", setup.model().toString()),
            "transformers_score",
            task.deepCopy().put("model", peerModel.toString()));
    String note =
        RunResults.note(
            both.ours().fault(),
            both.peer().fault(),
            "%d pairs; ours %s, %s tokens, first scores %s; transformers %s, %s tokens, first scores %s"
                .formatted(
                    2 * rows.size(),
                    both.ours().text("dtype"),
                    both.ours().text("tokens"),
                    both.ours().numbers("scores"),
                    both.peer().text("dtype"),
                    both.peer().text("tokens"),
                    both.peer().numbers("scores")));
    measures.accept(
        new Measure(
            "score.pairs_per_second",
            both.ours().median("pairsPerSecond"),
            both.peer().median("pairsPerSecond"),
            SPEED_GOAL,
            "prompts with answers/s",
            Measure.Better.HIGHER,
            note));
  }

  private static void write(Path file, List<PreferenceRows.Row> rows) {
    List<List<String>> texts = new ArrayList<>();
    for (PreferenceRows.Row row : rows) {
      texts.add(List.of(row.prompt(), row.chosen()));
      texts.add(List.of(row.prompt(), row.rejected()));
    }
    try {
      new JsonMapper().writeValue(file.toFile(), texts);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }
}
