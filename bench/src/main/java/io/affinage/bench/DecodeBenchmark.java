package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Greedy generation against transformers and llama.cpp. */
final class DecodeBenchmark implements Benchmark {
  static final String PROMPT = "Write a short story about a river.";

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    for (int batch : new int[] {1, 16}) {
      ObjectNode task = task(setup).put("batch", batch);
      Sides.Both both =
          sides.byTurns(
              "decode",
              task.deepCopy().put("model", setup.model().toString()).put("weights", "packed"),
              "transformers_generate",
              task.deepCopy().put("model", peerModel.toString()));
      measures.accept(
          new Measure(
              "decode.batch" + batch,
              both.ours().median("tokensPerSecond"),
              both.peer().median("tokensPerSecond"),
              3,
              "new tokens/s",
              Measure.Better.HIGHER,
              Answer.note(
                  both.ours().fault(),
                  both.peer().fault(),
                  "ours %s, transformers %s"
                      .formatted(both.ours().text("dtype"), both.peer().text("dtype")))));
      if (batch == 1) {
        measures.accept(bandwidth("decode.batch1_bandwidth", both.ours()));
      }
    }
    fourBit(setup, sides, measures);
  }

  /** The share of the memory's read bandwidth that the weights of the steps took. */
  private static Measure bandwidth(String name, Answer ours) {
    return new Measure(
        name,
        ours.median("stepGigabytesPerSecond"),
        ours.median("memoryGigabytesPerSecond"),
        0.7,
        "GB/s of weights; the peer is a sum over memory in the same process",
        Measure.Better.HIGHER,
        ours.fault());
  }

  private static void fourBit(Setup setup, Sides sides, Consumer<Measure> measures) {
    if (Files.isDirectory(setup.model())) {
      measures.accept(fourBit(null, null, "4 bits need a GGUF file as --model"));
      return;
    }
    ObjectNode task = task(setup).put("model", setup.model().toString());
    Sides.Both both =
        sides.byTurns(
            "decode",
            task.deepCopy().put("batch", 1).put("dtype", "bf16").put("weights", "four-bit"),
            "llama_cpp_generate",
            task);
    measures.accept(
        fourBit(
            both.ours().median("tokensPerSecond"),
            both.peer().median("tokensPerSecond"),
            Answer.note(both.ours().fault(), both.peer().fault())));
    measures.accept(bandwidth("decode.batch1_4bit_bandwidth", both.ours()));
  }

  private static Measure fourBit(Double ours, Double peer, String note) {
    return new Measure(
        "decode.batch1_4bit", ours, peer, 1.2, "new tokens/s", Measure.Better.HIGHER, note);
  }

  private static ObjectNode task(Setup setup) {
    return Sides.task()
        .put("prompt", PROMPT)
        .put("newTokens", setup.newTokens())
        .put("dtype", setup.dtype())
        .put("threads", setup.threads());
  }
}
