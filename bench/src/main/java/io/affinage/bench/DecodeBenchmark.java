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
              task.deepCopy().put("model", setup.model().toString()),
              "transformers_generate",
              task.deepCopy().put("model", peerModel.toString()));
      measures.accept(
          new Measure(
              "decode.batch" + batch,
              both.ours().median("tokensPerSecond"),
              both.peer().median("tokensPerSecond"),
              1,
              "new tokens/s",
              Measure.Better.HIGHER,
              Answer.note(
                  both.ours().fault(),
                  both.peer().fault(),
                  "ours %s, transformers %s"
                      .formatted(both.ours().text("dtype"), both.peer().text("dtype")))));
    }
    measures.accept(fourBit(setup, sides));
  }

  private static Measure fourBit(Setup setup, Sides sides) {
    String note = "decoding from 4-bit weights does not exist here yet";
    Double peer = null;
    if (Files.isDirectory(setup.model())) {
      note = Answer.note(note, "llama.cpp needs a GGUF file as --model");
    } else {
      ObjectNode task = task(setup).put("model", setup.model().toString());
      Answer answer = sides.byTurns(null, null, "llama_cpp_generate", task).peer();
      note = Answer.note(note, answer.fault());
      peer = answer.median("tokensPerSecond");
    }
    return new Measure(
        "decode.batch1_4bit", null, peer, 1, "new tokens/s", Measure.Better.HIGHER, note);
  }

  private static ObjectNode task(Setup setup) {
    return Sides.task()
        .put("prompt", PROMPT)
        .put("newTokens", setup.newTokens())
        .put("dtype", setup.dtype())
        .put("threads", setup.threads());
  }
}
