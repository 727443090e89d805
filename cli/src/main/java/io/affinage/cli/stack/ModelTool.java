package io.affinage.cli.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The model library in a process of its own, from the trainer's package. So the command line stays
 * small: no other command pays for loading libtorch, and a conversion's memory is not the
 * command's.
 */
public final class ModelTool {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EXPORT = "io.affinage.llm.export.ExportTool";
  private static final String QUANTIZE = "io.affinage.llm.tool.QuantizeTool";
  private static final String FIT = "io.affinage.llm.tool.FitTool";
  private static final String HEADER = "io.affinage.llm.tool.HeaderTool";

  private final Install install;

  public ModelTool(Install install) {
    this.install = install;
  }

  /**
   * Exports a model.
   *
   * @param request as the model library's tool reads it
   * @return its answer
   * @throws CliException with the tool's own code and message
   */
  public JsonNode export(Map<String, Object> request) throws InterruptedException {
    return run(EXPORT, request, ExitCode.FAILED, "export");
  }

  /**
   * Reads what a model's files say of it, in about a second.
   *
   * @param model a Hugging Face folder, a GGUF file, or a folder with one
   * @return architecture, parameters, context_length, chat_template
   * @throws CliException {@code USAGE} with the library's code and message when it cannot be used
   */
  public JsonNode header(Path model) throws InterruptedException {
    return run(HEADER, Map.of("model", model.toString()), ExitCode.USAGE, "model_check");
  }

  /**
   * Quantizes a model's folder; its progress goes to standard error.
   *
   * @param request as the model library's tool reads it
   * @return its answer
   * @throws CliException with the tool's own code and message
   */
  public JsonNode quantize(Map<String, Object> request) throws InterruptedException {
    return run(QUANTIZE, request, ExitCode.FAILED, "quantize", ProcessBuilder.Redirect.INHERIT);
  }

  /**
   * Tells which ways of training a model fit a machine, by the headers of its files.
   *
   * @param request as the model library's tool reads it
   * @return its answer
   * @throws CliException {@code USAGE} with the library's code and message when the model cannot be
   *     used
   */
  public JsonNode fit(Map<String, Object> request) throws InterruptedException {
    return run(FIT, request, ExitCode.USAGE, "fit");
  }

  private JsonNode run(String main, Map<String, Object> request, ExitCode refused, String task)
      throws InterruptedException {
    return run(main, request, refused, task, ProcessBuilder.Redirect.DISCARD);
  }

  private JsonNode run(
      String main,
      Map<String, Object> request,
      ExitCode refused,
      String task,
      ProcessBuilder.Redirect errors)
      throws InterruptedException {
    Path libraries = install.runnable(ServiceKind.TRAINER).resolveSibling("lib").resolve("main");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServiceKind.TRAINER.memoryOptions());
    // It ends when this process is gone, killed even.
    command.add("-Daffinage.parent=" + ProcessHandle.current().pid());
    command.addAll(List.of("-cp", libraries + "/*", main));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
    builder.redirectError(errors);
    try {
      Process process = builder.start();
      // Ctrl-C and errors of ours end it with us.
      Thread end = new Thread(process::destroyForcibly);
      Runtime.getRuntime().addShutdownHook(end);
      try {
        return answer(process, request, refused, task);
      } finally {
        process.destroyForcibly();
        Runtime.getRuntime().removeShutdownHook(end);
      }
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED, task + "_failed", "The model library did not run: " + e.getMessage(), e);
    }
  }

  private static JsonNode answer(
      Process process, Map<String, Object> request, ExitCode refused, String task)
      throws IOException, InterruptedException {
    try (OutputStream in = process.getOutputStream()) {
      in.write(JSON.writeValueAsBytes(request));
    }
    String text;
    try (InputStream out = process.getInputStream()) {
      text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    int status = process.waitFor();
    JsonNode answer = text.isBlank() ? JSON.createObjectNode() : JSON.readTree(text);
    if (answer.has("error")) {
      JsonNode error = answer.get("error");
      throw new CliException(refused, error.path("code").asText(), error.path("message").asText());
    }
    if (status != 0 || answer.isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          task + "_failed",
          "The model library ended with status %d; is there memory for the model?"
              .formatted(status));
    }
    return answer;
  }
}
