package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.util.function.Consumer;

/** From the start of the process to the first token, and a prompt of 512 tokens. */
final class LoadBenchmark implements Benchmark {
  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    ObjectNode task =
        Sides.task()
            .put("model", setup.model().toString())
            .put("prompt", DecodeBenchmark.PROMPT)
            .put("prefill", 512)
            .put("dtype", setup.dtype())
            .put("threads", setup.threads());
    emit("", sides.byTurns("load", task, "transformers_load", task), measures);
    if (!Files.isDirectory(setup.model())) {
      emit(".llama_cpp", sides.byTurns("load", task, "llama_cpp_load", task), measures);
    }
  }

  private static void emit(String suffix, Sides.Both both, Consumer<Measure> measures) {
    String note = RunResults.note(both.ours().fault(), both.peer().fault());
    measures.accept(
        new Measure(
            "load.first_token" + suffix,
            both.ours().median("firstTokenSeconds"),
            both.peer().median("firstTokenSeconds"),
            1,
            "s from process start",
            Measure.Better.LOWER,
            note));
    measures.accept(
        new Measure(
            "load.first_token_warm" + suffix,
            both.ours().median("warmFirstTokenSeconds"),
            both.peer().median("warmFirstTokenSeconds"),
            1,
            "s from the file, in a process that has loaded it before",
            Measure.Better.LOWER,
            note));
    measures.accept(
        new Measure(
            "load.prefill" + suffix,
            both.ours().median("prefillTokensPerSecond"),
            both.peer().median("prefillTokensPerSecond"),
            2,
            "prompt tokens/s",
            Measure.Better.HIGHER,
            note));
  }
}
