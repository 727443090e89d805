package io.affinage.llm.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * A task as a process of its own: its request on standard input, one JSON object on standard output
 * (the answer, or {@code {"error": {"code", "message"}}}), exit status 0 or 1.
 */
public final class ToolProcess {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ToolProcess() {}

  /** What the process does. */
  @FunctionalInterface
  public interface Task {
    /**
     * Reads the request and does it.
     *
     * @throws LlmException which becomes the answer
     */
    ObjectNode answer(InputStream request) throws IOException;
  }

  /** Answers standard input and ends the process. */
  public static void main(Task task) throws IOException {
    // Whatever libraries print goes to standard error; standard output is the answer alone.
    PrintStream answer = System.out;
    System.setOut(System.err);
    int status = run(task, System.in, answer);
    answer.flush();
    System.exit(status);
  }

  /** The exit status. */
  static int run(Task task, InputStream request, PrintStream answer) throws IOException {
    ObjectNode json;
    int status = 0;
    try {
      json = task.answer(request);
    } catch (LlmException e) {
      json = JSON.createObjectNode();
      json.putObject("error").put("code", e.code()).put("message", e.getMessage());
      status = 1;
    }
    answer.println(JSON.writeValueAsString(json));
    return status;
  }
}
