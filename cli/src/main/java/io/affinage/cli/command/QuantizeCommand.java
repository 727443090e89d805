package io.affinage.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.stack.Install;
import io.affinage.cli.stack.ModelTool;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage quantize}. */
@Command(
    name = "quantize",
    description = {
      "Write a model's folder with its linear layers in NF4, 4.13 bits a weight, as transformers"
          + " with bitsandbytes writes and reads it: a base for training with quantization.",
      "Needs a few hundred megabytes of memory, whatever the model's size. Asked again after it was"
          + " ended, it goes on with the files that are missing."
    })
public final class QuantizeCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(index = "0", paramLabel = "MODEL", description = "A Hugging Face folder.")
  private Path model;

  @Parameters(index = "1", paramLabel = "DIR", description = "An empty or a new folder.")
  private Path target;

  @Option(
      names = "--single",
      description = "Keep the scales of blocks in float32: 4.5 bits a weight, not 4.13.")
  private boolean single;

  @Override
  public Integer call() throws Exception {
    root.terminal().status("quantizing " + model);
    JsonNode answer =
        new ModelTool(Install.current())
            .quantize(
                Map.of(
                    "model",
                    model.toAbsolutePath().toString(),
                    "target",
                    target.toAbsolutePath().toString(),
                    "double",
                    !single));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("folder", answer.path("folder").asText());
    json.put("weights", answer.path("weights").asInt());
    root.terminal()
        .result(
            json, List.of("%d weights in %s".formatted(answer.path("weights").asInt(), target)));
    return ExitCode.OK.status();
  }
}
