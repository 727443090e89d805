package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What quantizing the base costs a LoRA, and what beginnings win back: held-out losses of the same
 * training beside the base as it is, in NF4, and in NF4 with double quantization, against PEFT and
 * bitsandbytes. What a regime gave is kept, so that a run which was cut off goes on where it was.
 */
final class QualityBenchmark implements Benchmark {
  private static final String PLAIN = "plain";
  private static final String NF4 = "nf4";
  private static final String DOUBLE = "nf4-double";

  /**
   * One way to train.
   *
   * @param weights in which form the base is kept
   * @param start {@code init_lora_weights}; null for the ordinary beginning
   * @param iterations of LoftQ
   * @param peered whether a peer does the same
   */
  private record Regime(String weights, String start, int iterations, boolean peered) {}

  private static final Map<String, Regime> REGIMES;

  static {
    Map<String, Regime> regimes = new LinkedHashMap<>();
    regimes.put(QualityReport.UNQUANTIZED, new Regime(PLAIN, null, 0, true));
    regimes.put("nf4", new Regime(NF4, null, 0, true));
    regimes.put(QualityReport.QUANTIZED, new Regime(DOUBLE, null, 0, true));
    regimes.put("loftq", new Regime(DOUBLE, "loftq", 1, false));
    regimes.put("loftq-5", new Regime(DOUBLE, "loftq", 5, false));
    regimes.put("pissa", new Regime(DOUBLE, "pissa", 0, false));
    REGIMES = Collections.unmodifiableMap(regimes);
  }

  /** In the order in which they are run. */
  static List<String> regimes() {
    return List.copyOf(REGIMES.keySet());
  }

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    List<InstructionRows.Row> rows = rows(setup);
    KeptResults kept = new KeptResults(setup.work());
    Path all = setup.work().resolve("quality-all.json");
    writeInstructions(all, rows);
    Path ordered = setup.work().resolve("quality-rows.json");
    SftBenchmark.write(ordered, rows.subList(0, setup.examples()));
    Path heldOut = setup.work().resolve("quality-held-out.json");
    SftBenchmark.writeAsTheyCome(heldOut, rows.subList(setup.examples(), rows.size()));
    Path peerModel = PeerModel.folder(setup, sides);
    for (String name : setup.regimes()) {
      ObjectNode ours = ours(setup, name).put("data", all.toString());
      RunResults own = kept.of("ours", file(name), ours, () -> sides.ours("quality", ours));
      Optional<RunResults> other = Optional.empty();
      if (REGIMES.get(name).peered()) {
        ObjectNode peer = peer(setup, name, peerModel, ordered, heldOut);
        other = Optional.of(kept.of("peer", file(name), peer, () -> sides.peer("trl_sft", peer)));
      }
      Map<String, HeldOutLosses> ownLosses = new LinkedHashMap<>();
      Map<String, HeldOutLosses> otherLosses = new LinkedHashMap<>();
      for (String beside : List.of(QualityReport.UNQUANTIZED, QualityReport.QUANTIZED)) {
        ObjectNode oursBeside = ours(setup, beside).put("data", all.toString());
        kept.find("ours", file(beside), oursBeside)
            .flatMap(HeldOutLosses::of)
            .ifPresent(losses -> ownLosses.put(beside, losses));
        kept.find("peer", file(beside), peer(setup, beside, peerModel, ordered, heldOut))
            .flatMap(HeldOutLosses::of)
            .ifPresent(losses -> otherLosses.put(beside, losses));
      }
      new QualityReport(name, setup.data().getFileName().toString(), ownLosses, otherLosses)
          .of(own, other)
          .forEach(measures);
    }
  }

  private static String file(String regime) {
    return "quality-" + regime;
  }

  /** A CSV file is read as {@code chatbot-intents.yaml} reads it, anything else as instructions. */
  private static List<InstructionRows.Row> rows(Setup setup) {
    int wanted = setup.examples() + setup.heldOut();
    List<InstructionRows.Row> rows =
        setup.data().toString().endsWith(".csv")
            ? IntentRows.read(setup.data(), wanted, SftBenchmark.SEED).stream()
                .map(row -> new InstructionRows.Row(row.utterance(), row.intent()))
                .toList()
            : InstructionRows.read(setup.data(), wanted);
    if (rows.size() <= setup.examples()) {
      throw new BenchException(
          "%s has %d rows: none is left to hold out after %d (see --examples)"
              .formatted(setup.data(), rows.size(), setup.examples()));
    }
    return rows;
  }

  private static void writeInstructions(Path file, List<InstructionRows.Row> rows) {
    ArrayNode array = new JsonMapper().createArrayNode();
    for (InstructionRows.Row row : rows) {
      array.addObject().put("instruction", row.prompt()).put("output", row.answer());
    }
    try {
      new JsonMapper().writeValue(file.toFile(), array);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }

  private static ObjectNode task(Setup setup, String regime) {
    return Sides.task()
        // Names the rows of which the files below are made, for what is kept by the task.
        .put("source", setup.data().toString())
        .put("examples", setup.examples())
        .put("heldOut", setup.heldOut())
        .put("batch", setup.batch())
        .put("dtype", setup.dtype())
        .put("threads", setup.threads())
        .put("rank", 16)
        .put("alpha", 32)
        .put("trained", "lora")
        .put("learningRate", SftBenchmark.LORA.learningRate())
        .put("maxLength", 512)
        .put("seed", SftBenchmark.SEED)
        .put("weights", REGIMES.get(regime).weights());
  }

  private static ObjectNode ours(Setup setup, String regime) {
    return task(setup, regime)
        .put("model", setup.model().toString())
        .put("start", REGIMES.get(regime).start())
        .put("iterations", REGIMES.get(regime).iterations())
        .put("microBatches", setup.microBatches())
        .put("recompute", setup.recompute());
  }

  private static ObjectNode peer(
      Setup setup, String regime, Path model, Path ordered, Path heldOut) {
    return task(setup, regime)
        .put("model", model.toString())
        .put("data", ordered.toString())
        .put("heldOutData", heldOut.toString())
        // As ours and as PEFT itself; TRL makes them bfloat16 on a quantized base.
        .put("adapterDtype", "fp32");
  }
}
