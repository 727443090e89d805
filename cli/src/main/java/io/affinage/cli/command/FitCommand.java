package io.affinage.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.run.FitReport;
import io.affinage.cli.run.HubReach;
import io.affinage.cli.run.LocalFiles;
import io.affinage.cli.stack.ModelTool;
import io.affinage.cli.terminal.ByteSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage fit}. */
@Command(
    name = "fit",
    description = {
      "Tell which ways of training a model fit this machine, or another one: all weights, LoRA, QLoRA,"
          + " QLoRA streamed from disk; and generation.",
      "Reads the headers of the model's files alone: nothing is loaded or downloaded. Memory is"
          + " estimated for one micro-batch with AdamW, and time from a second's measurement."
    })
public final class FitCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(
      paramLabel = "MODEL",
      description = "A Hugging Face folder, a .gguf file, or a Hugging Face id (owner/name).")
  private String model;

  @Option(
      names = "--length",
      paramLabel = "TOKENS",
      description = "Tokens of a text (default: ${DEFAULT-VALUE}).")
  private int length = 512;

  @Option(
      names = "--batch",
      paramLabel = "TEXTS",
      description = "Texts of a micro-batch (default: ${DEFAULT-VALUE}).")
  private int batch = 1;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description = "Of adapters, which are on all linear layers (default: ${DEFAULT-VALUE}).")
  private int rank = 16;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description = "Ask about a machine with so much memory, for example 64GiB.")
  private ByteSize memory;

  @Option(
      names = "--gpu-memory",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description = "Ask about a machine with a GPU of so much memory, for example 24GiB.")
  private ByteSize gpuMemory;

  @Option(
      names = "--tflops",
      paramLabel = "N",
      description = "What the machine computes in a second, in place of what is measured here.")
  private Double tflops;

  @Option(
      names = "--disk",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "What the disk gives in a second, for example 2GB; without it the time of streaming is not told.")
  private ByteSize disk;

  @Override
  public Integer call() throws Exception {
    positive("--length", length);
    positive("--batch", batch);
    positive("--rank", rank);
    Map<String, Object> request = new LinkedHashMap<>();
    if (Files.exists(Path.of(model))) {
      request.put("model", Path.of(model).toAbsolutePath().toString());
    } else if (LocalFiles.isHubId(model)) {
      HubReach.require(model, root::environment, Path.of(System.getProperty("user.home")));
      request.put("hub", model.startsWith("hub:") ? model.substring("hub:".length()) : model);
    } else {
      throw new CliException(
          ExitCode.USAGE,
          "wrong_file",
          "'%s' is no folder and no file here, and no Hugging Face id (owner/name)."
              .formatted(model));
    }
    request.put("length", length);
    request.put("batch", batch);
    request.put("rank", rank);
    put(request, "memory", memory);
    put(request, "gpu_memory", gpuMemory);
    put(request, "disk", disk);
    if (tflops != null) {
      request.put("flops", tflops * 1e12);
    }
    root.terminal().status("reading the headers of " + model);
    JsonNode answer = new ModelTool(root.install()).fit(request);
    FitReport report = new FitReport(model, answer);
    root.terminal().result(report.json(), report.lines());
    return ExitCode.OK.status();
  }

  private static void put(Map<String, Object> request, String name, ByteSize size) {
    if (size != null) {
      request.put(name, size.bytes());
    }
  }

  private static void positive(String option, int value) {
    if (value < 1) {
      throw new CliException(
          ExitCode.USAGE,
          "wrong_option",
          "%s must be at least 1, not %d.".formatted(option, value));
    }
  }
}
