package io.affinage.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** Greedy generation against transformers and llama.cpp. */
final class DecodeBenchmark implements Benchmark {
  static final String PROMPT = "Write a short story about a river.";

  private static final int BATCH = 16;

  /** A batch of users who ask for different things: they share what the template begins with. */
  private static final List<String> PROMPTS =
      List.of(
          PROMPT,
          "What is the capital of France?",
          "Explain why the sky is blue to a child of six.",
          "Translate 'good morning' into Spanish, Italian and German.",
          "List five ways to save water at home.",
          "Rewrite this politely: give me the report now.",
          "Which is heavier, a kilogram of iron or a kilogram of feathers, and why?",
          "Name the planets of the solar system in their order from the sun.",
          "Give me a recipe for pancakes.",
          "How does a bicycle stay upright?",
          "Sort these words by the alphabet: pear, apple, fig, cherry, banana.",
          "Describe a lighthouse in one sentence.",
          "What is 17 times 23? Show each step.",
          "Suggest a title for a novel about two brothers who build a boat.",
          "Summarise the water cycle in three sentences.",
          "Write a polite reply that declines an invitation to a wedding.");

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Path peerModel = PeerModel.folder(setup, sides);
    RunResults alone = packed("decode.batch1", List.of(PROMPT), setup, sides, peerModel, measures);
    measures.accept(bandwidth("decode.batch1_bandwidth", alone));
    packed("decode.batch16", Collections.nCopies(BATCH, PROMPT), setup, sides, peerModel, measures);
    packed("decode.batch16_mixed", PROMPTS, setup, sides, peerModel, measures);
    fourBit(setup, sides, measures);
  }

  /** What our side answered. */
  private static RunResults packed(
      String measure,
      List<String> prompts,
      Setup setup,
      Sides sides,
      Path peerModel,
      Consumer<Measure> measures) {
    ObjectNode task = task(setup, prompts);
    Sides.Both both =
        sides.byTurns(
            "decode",
            task.deepCopy().put("model", setup.model().toString()).put("weights", "packed"),
            "transformers_generate",
            task.put("model", peerModel.toString()));
    measures.accept(
        new Measure(
            measure,
            both.ours().median("tokensPerSecond"),
            both.peer().median("tokensPerSecond"),
            3,
            "new tokens/s",
            Measure.Better.HIGHER,
            RunResults.note(
                both.ours().fault(),
                both.peer().fault(),
                promptTokens(both),
                "ours %s (%s passes over the weights), transformers %s"
                    .formatted(
                        both.ours().text("dtype"),
                        both.ours().text("passes"),
                        both.peer().text("dtype")))));
    return both.ours();
  }

  /** Equal counts say that both sides were asked the same. */
  private static String promptTokens(Sides.Both both) {
    return "prompt tokens %s and %s"
        .formatted(both.ours().text("promptTokens"), both.peer().text("promptTokens"));
  }

  /** The share of the memory's read bandwidth that the weights of the steps took. */
  private static Measure bandwidth(String name, RunResults ours) {
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
    ObjectNode task = task(setup, List.of(PROMPT)).put("model", setup.model().toString());
    Sides.Both both =
        sides.byTurns(
            "decode",
            task.deepCopy().put("dtype", "bf16").put("weights", "four-bit"),
            "llama_cpp_generate",
            task);
    measures.accept(
        fourBit(
            both.ours().median("tokensPerSecond"),
            both.peer().median("tokensPerSecond"),
            RunResults.note(both.ours().fault(), both.peer().fault(), promptTokens(both))));
    measures.accept(bandwidth("decode.batch1_4bit_bandwidth", both.ours()));
  }

  private static Measure fourBit(Double ours, Double peer, String note) {
    return new Measure(
        "decode.batch1_4bit", ours, peer, 1.2, "new tokens/s", Measure.Better.HIGHER, note);
  }

  private static ObjectNode task(Setup setup, List<String> prompts) {
    ObjectNode task =
        Sides.task()
            .put("newTokens", setup.newTokens())
            .put("dtype", setup.dtype())
            .put("threads", setup.threads());
    prompts.forEach(task.putArray("prompts")::add);
    return task;
  }
}
