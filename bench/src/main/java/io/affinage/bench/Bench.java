package io.affinage.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench/run NAME}: one JSON line a measure on stdout, progress on stderr. */
@Command(
    name = "bench/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs the same work here and in the peer, one after the other, and prints one JSON line a"
            + " measure. A ratio above 1 is in our favour, for memory and time as well.")
public final class Bench implements Callable<Integer> {
  private static final int SOAK_STEPS = 2000;
  private static final int STREAMED_STEPS = 3;

  private static final Map<String, Benchmark> BENCHMARKS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("sft", SftBenchmark.LORA),
              Map.entry("qlora", SftBenchmark.QLORA),
              Map.entry("dpo", PreferenceBenchmark.DPO),
              Map.entry("reward", PreferenceBenchmark.REWARD),
              Map.entry("grpo", new GrpoBenchmark()),
              Map.entry("score", new ScoreBenchmark()),
              Map.entry("full", SftBenchmark.FULL),
              Map.entry("step", new StepBenchmark()),
              Map.entry("learn", new LearnBenchmark()),
              Map.entry("adapters", new AdaptersBenchmark()),
              Map.entry("quality", new QualityBenchmark()),
              Map.entry("soak", new SoakBenchmark()),
              Map.entry("decode", new DecodeBenchmark()),
              Map.entry("load", new LoadBenchmark()),
              Map.entry("workstation", WorkstationBenchmark.here()),
              Map.entry("ingest", new IngestBenchmark())));

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description =
          "sft, qlora, dpo, reward, score, grpo, full, step, learn, quality, adapters, soak,"
              + " decode, load, workstation or ingest")
  private String name;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "GGUF file or Hugging Face folder (all but ingest and workstation)")
  private Path model;

  @Option(
      names = "--peer-model",
      paramLabel = "DIR",
      description = "the same as a Hugging Face folder; made once from the GGUF file without")
  private Path peerModel;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "JSON array of instruction, input, output (sft, qlora, full, learn, quality, soak, ingest);"
              + " dpo, reward, score, grpo: of instruction, input, chosen, rejected; adapters, and"
              + " quality too: CSV with utterance and intent")
  private Path data;

  @Option(
      names = "--python",
      paramLabel = "PY",
      defaultValue = "python3",
      description = "the peers' Python (default: ${DEFAULT-VALUE})")
  private String python;

  @Option(
      names = "--peers",
      paramLabel = "DIR",
      defaultValue = "bench/peers",
      description = "the peers' scripts (default: those beside bench/run)")
  private Path peers;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description =
          "folder for converted models and generated rows (default: bench/target/work; workstation:"
              + " ~/.cache/affinage/bench)")
  private Path work;

  @Option(
      names = "--examples",
      defaultValue = "320",
      description =
          "sft, qlora, dpo, reward, score, full, learn, quality, adapters, soak: first N examples (default:"
              + " ${DEFAULT-VALUE})")
  private int examples;

  @Option(
      names = "--held-out",
      defaultValue = "96",
      description =
          "learn, quality, adapters: the examples after these, to measure on (default:"
              + " ${DEFAULT-VALUE})")
  private int heldOut;

  @Option(
      names = "--regimes",
      split = ",",
      description =
          "learn: which of lora, partial, full; quality: which of lora, nf4, nf4-double, loftq,"
              + " loftq-5, pissa, in this order (default: all)")
  private List<String> regimes;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description =
          "learn: a text unlike the data, to measure what is forgotten; workstation: the text that is"
              + " learned (default: the license)")
  private Path text;

  @Option(
      names = "--steps",
      description = "optimizer steps of soak (default: 2000) and workstation (default: 3)")
  private Integer steps;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      description = "workstation: tiny, 1b, 3b, 8b, 32b or 70b")
  private String shape;

  @Option(
      names = "--tokens",
      defaultValue = "64",
      description = "workstation: tokens of a step (default: ${DEFAULT-VALUE})")
  private int tokens;

  @Option(
      names = "--kill",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "workstation: the training is killed once on its way and gone on with (default;"
              + " --no-kill does not)")
  private boolean kill;

  @Option(names = "--keep", description = "workstation: the model's folder stays")
  private boolean keep;

  @Option(
      names = "--batch",
      defaultValue = "8",
      description =
          "sft, qlora, dpo, reward, full, learn, quality, adapters: examples a step (default:"
              + " ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--micro-batches",
      defaultValue = "1",
      description =
          "sft, qlora, dpo, reward, full, learn, quality, adapters: parts our step is divided into (default:"
              + " ${DEFAULT-VALUE})")
  private int microBatches;

  @Option(
      names = "--recompute",
      description =
          "sft, qlora, dpo, reward, full, learn, quality, adapters, step: ours computes activations twice,"
              + " for less memory")
  private boolean recompute;

  @Option(
      names = "--dtype",
      defaultValue = "auto",
      description = "fp32, bf16, or auto: each side's faster one (default: ${DEFAULT-VALUE})")
  private String dtype;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "of each side (default: ${DEFAULT-VALUE})")
  private int threads;

  @Option(
      names = "--new-tokens",
      defaultValue = "64",
      description = "decode: tokens a row (default: ${DEFAULT-VALUE})")
  private int newTokens;

  @Option(
      names = "--megabytes",
      defaultValue = "50",
      description = "ingest: size of the generated file (default: ${DEFAULT-VALUE})")
  private int megabytes;

  @Option(
      names = "--repeat",
      defaultValue = "1",
      description = "runs of both sides, by turns; medians are printed (default: ${DEFAULT-VALUE})")
  private int repeat;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "after which one run is cut off; workstation: of silence (default: ${DEFAULT-VALUE})")
  private int timeout;

  @Override
  public Integer call() {
    Benchmark benchmark = BENCHMARKS.get(name);
    if (benchmark == null) {
      throw wrong("there is no benchmark '" + name + "'; there are " + BENCHMARKS.keySet());
    }
    Setup setup = setup();
    PrintStream out = System.out;
    benchmark.run(setup, new Sides(setup, System.err), measure -> out.println(measure.toJson()));
    return 0;
  }

  /** The options, checked. */
  Setup setup() {
    boolean streams = name.equals("workstation");
    if (!name.equals("ingest") && !streams) {
      requireFile("--model", model);
    }
    if (!streams && !Set.of("step", "decode", "load").contains(name)) {
      requireFile("--data", data);
    }
    if (name.equals("learn") || streams) {
      requireFile("--text", text);
    }
    if (peerModel != null) {
      requireFile("--peer-model", peerModel);
    }
    if (!dtype.matches("fp32|bf16|auto")) {
      throw wrong("--dtype must be fp32, bf16 or auto, not '" + dtype + "'");
    }
    List<String> known =
        name.equals("quality") ? QualityBenchmark.regimes() : LearnBenchmark.regimes();
    List<String> wanted = regimes == null ? known : regimes;
    List<String> unknown = new ArrayList<>(wanted);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw wrong("--regimes are " + known + ", not " + unknown);
    }
    requirePositive("--examples", examples);
    requirePositive("--held-out", heldOut);
    int wantedSteps = steps == null ? (streams ? STREAMED_STEPS : SOAK_STEPS) : steps;
    requirePositive("--steps", wantedSteps);
    if (tokens < 2) {
      throw wrong("--tokens must be at least 2, not " + tokens);
    }
    requirePositive("--batch", batch);
    requirePositive("--threads", threads);
    requirePositive("--new-tokens", newTokens);
    requirePositive("--megabytes", megabytes);
    requirePositive("--repeat", repeat);
    requirePositive("--timeout", timeout);
    if (microBatches < 1 || microBatches > batch) {
      throw wrong("--micro-batches must be between 1 and the batch, not " + microBatches);
    }
    Path folder = work == null ? defaultWork(streams) : work;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw wrong("--work " + folder + " cannot be made: " + e.getMessage());
    }
    return new Setup(
        absolute(model),
        absolute(peerModel),
        absolute(data),
        python,
        absolute(peers),
        absolute(folder),
        examples,
        heldOut,
        wanted,
        absolute(text),
        batch,
        microBatches,
        recompute,
        dtype,
        threads,
        wantedSteps,
        newTokens,
        megabytes,
        repeat,
        Duration.ofSeconds(timeout),
        streams ? new Workstation(shape(), wantedSteps, tokens, kill, keep) : null);
  }

  private ModelShape shape() {
    return ModelShape.named(shape == null ? "" : shape)
        .orElseThrow(
            () ->
                wrong(
                    "workstation needs --shape, one of %s%s"
                        .formatted(
                            String.join(", ", ModelShape.names()),
                            shape == null ? "" : ", not '" + shape + "'")));
  }

  private static Path defaultWork(boolean streams) {
    return streams
        ? Path.of(System.getProperty("user.home"), ".cache", "affinage", "bench")
        : Path.of("bench", "target", "work");
  }

  private static Path absolute(Path path) {
    return path == null ? null : path.toAbsolutePath().normalize();
  }

  private void requireFile(String option, Path path) {
    if (path == null) {
      throw wrong(name + " needs " + option);
    }
    if (!Files.exists(path)) {
      throw wrong(option + " " + path + " does not exist");
    }
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw wrong(option + " must be at least 1, not " + value);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Bench())
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              if (e instanceof BenchException) {
                line.getErr().println("bench: " + e.getMessage());
                return 1;
              }
              throw e;
            })
        .setParameterExceptionHandler(
            (e, arguments) -> {
              e.getCommandLine().getErr().println("bench: " + e.getMessage() + " (see --help)");
              return 2;
            });
  }

  public static void main(String[] arguments) {
    System.setOut(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    System.exit(commandLine().execute(arguments));
  }
}
