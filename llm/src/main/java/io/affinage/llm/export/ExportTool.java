package io.affinage.llm.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * Exports as a process of its own: an {@link ExportRequest} on standard input, one JSON object on
 * standard output, exit status 0 or 1. For programs that should not load the model library
 * themselves, as the command line does not.
 */
public final class ExportTool {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ExportTool() {}

  public static void main(String[] arguments) throws IOException {
    // Whatever libraries print goes to standard error; standard output is the answer alone.
    PrintStream answer = System.out;
    System.setOut(System.err);
    int status = run(System.in, answer);
    answer.flush();
    System.exit(status);
  }

  /** The exit status. */
  static int run(InputStream request, PrintStream answer) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    int status = 0;
    try {
      Exported exported = ExportRequest.read(request).run();
      json.put("folder", exported.folder().toAbsolutePath().toString());
      json.put("logit_error", exported.logitError());
      json.set("files", JSON.valueToTree(exported.files()));
    } catch (LlmException e) {
      json.putObject("error").put("code", e.code()).put("message", e.getMessage());
      status = 1;
    }
    answer.println(JSON.writeValueAsString(json));
    return status;
  }
}
