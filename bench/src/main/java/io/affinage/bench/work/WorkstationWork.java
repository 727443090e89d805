package io.affinage.bench.work;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.BlockUse;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.PrecisionProbe;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Checkpointing;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * QLoRA steps on a model that stays on the disk: blocks in NF4 are read a block ahead, dequantized
 * when they are used, and dropped; of a block's activations its input is kept. Says on stdout what
 * each block and each step took, one JSON object a line, and goes on from the newest checkpoint
 * that there is.
 */
final class WorkstationWork {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path checkpoints;
  private long begun = System.nanoTime();
  private long diskBytes = diskBytes();
  private long bytes;
  private double reading;
  private double waiting;
  private double dequantizing;
  private double using;
  private int uses;
  private int step;

  private WorkstationWork(Path checkpoints) {
    this.checkpoints = checkpoints;
  }

  static ObjectNode run(JsonNode task) throws IOException {
    return new WorkstationWork(Path.of(task.get("checkpoints").textValue())).train(task);
  }

  private ObjectNode train(JsonNode task) throws IOException {
    Path folder = Path.of(task.get("model").textValue());
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    int steps = task.get("steps").intValue();
    try (NDManager root = NDManager.newBaseManager(compute.resolveDevice(), "PyTorch");
        Decoder decoder =
            DecoderFiles.stream(
                root,
                Checkpoint.open(folder),
                compute.precision().orElseGet(() -> PrecisionProbe.fastest(root)));
        LoraAdapter lora = LoraAdapter.initialise(decoder, SftWork.lora(task), seed);
        Trainables trainables = Trainables.of(decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(
                decoder,
                trainables,
                TrainingSettings.DEFAULT
                    .withMaxSteps(steps)
                    .with(Batching.of(1))
                    .with(new Checkpointing(1, 1))
                    .withRecomputedActivations(true)
                    .withSeed(seed),
                examples(folder, task, steps))) {
      newest(checkpoints)
          .ifPresent(
              newest -> {
                run.resume(newest);
                step = number(newest);
              });
      say(
          event("opened")
              .put("trained", trainables.size())
              .put("seconds", since(begun))
              .put("resumedFrom", step));
      decoder.blocks().observe(use -> used(use, 2 * decoder.shape().layers() - 1));
      begin();
      run.run(listener(), Optional.of(checkpoints));
      return moved(lora, JSON.createObjectNode().put("trained", trainables.size()));
    }
  }

  /** Texts of so many tokens that follow each other, from the beginning again where it ends. */
  private static List<TokenizedExample> examples(Path folder, JsonNode task, int steps)
      throws IOException {
    int length = task.get("tokens").intValue();
    int[] ids;
    try (Tokenizer tokenizer = Tokenizer.of(TokenizerDefinition.fromFolder(folder))) {
      ids = tokenizer.encode(Files.readString(Path.of(task.get("text").textValue())));
    }
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      int[] part = new int[length];
      for (int at = 0; at < length; at++) {
        part[at] = ids[(i * length + at) % ids.length];
      }
      examples.add(TokenizedExample.targetsFrom("text " + i, part, 1));
    }
    return examples;
  }

  private void begin() {
    begun = System.nanoTime();
    diskBytes = diskBytes();
    bytes = 0;
    reading = 0;
    waiting = 0;
    dequantizing = 0;
    using = 0;
    uses = 0;
  }

  private void used(BlockUse use, int ofUses) {
    bytes += use.bytes();
    reading += use.reading();
    waiting += use.waiting();
    dequantizing += use.dequantizing();
    using += use.using();
    uses++;
    say(
        event("block")
            .put("step", step + 1)
            .put("use", uses)
            .put("uses", ofUses)
            .put("layer", use.layer())
            .put("seconds", since(begun)));
  }

  private TrainingListener listener() {
    return new TrainingListener() {
      @Override
      public void onStep(TrainingProgress progress) {
        step = progress.step();
        say(
            event("step")
                .put("step", step)
                .put("loss", progress.loss())
                .put("gradNorm", progress.gradNorm())
                .put("skipped", progress.skippedSteps())
                .put("seconds", since(begun))
                .put("bytes", bytes)
                .put("diskBytes", diskBytes() - diskBytes)
                .put("reading", reading)
                .put("waiting", waiting)
                .put("dequantizing", dequantizing)
                .put("using", using));
        begin();
      }

      @Override
      public void onCheckpoint(int saved, Path folder, double loss) {
        say(event("checkpoint").put("step", saved).put("seconds", since(begun)));
        begin();
      }
    };
  }

  private static ObjectNode event(String kind) {
    return JSON.createObjectNode().put("event", kind);
  }

  /** Ends the process where nobody listens any more: whoever goes on would be the second. */
  private static void say(ObjectNode event) {
    System.out.println(event);
    if (System.out.checkError()) {
      Runtime.getRuntime().halt(1);
    }
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  /** How many of the adapter's B matrices are no longer zero. */
  private static ObjectNode moved(LoraAdapter lora, ObjectNode result) {
    int all = 0;
    int moved = 0;
    for (AdapterParameter parameter : lora.parameters()) {
      if (parameter.role() == AdapterParameter.Role.LOW_RANK_B) {
        all++;
        for (float value : parameter.array().toFloatArray()) {
          if (value != 0) {
            moved++;
            break;
          }
        }
      }
    }
    return result.put("moved", moved).put("adapters", all);
  }

  /** The newest checkpoint that is complete: its state is written last. */
  private static Optional<Path> newest(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> inside = Files.list(folder)) {
      return inside
          .filter(path -> path.getFileName().toString().matches("checkpoint-\\d+"))
          .sorted(Comparator.comparingInt(WorkstationWork::number).reversed())
          .filter(WorkstationWork::isComplete)
          .findFirst();
    }
  }

  private static int number(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().replaceAll("\\D", ""));
  }

  private static boolean isComplete(Path checkpoint) {
    try {
      return JSON.readTree(checkpoint.resolve("state.json").toFile()).has("state");
    } catch (IOException e) {
      return false;
    }
  }

  /** Bytes that this process has had read from disks, as Linux counts them; 0 elsewhere. */
  private static long diskBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/io"))) {
      return lines
          .filter(line -> line.startsWith("read_bytes:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      return 0;
    }
  }
}
