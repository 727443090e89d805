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
  /** The property that names the process without which nobody reads the answer. */
  static final String PARENT = "affinage.parent";

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
    endWith(System.getProperty(PARENT));
    // Whatever libraries print goes to standard error; standard output is the answer alone.
    PrintStream answer = System.out;
    System.setOut(System.err);
    int status = run(task, System.in, answer);
    answer.flush();
    System.exit(status);
  }

  /**
   * Ends this process when another is gone, which may have been killed without a word.
   *
   * @param parent its number; null for none
   */
  private static void endWith(String parent) {
    if (parent == null) {
      return;
    }
    ProcessHandle.of(Long.parseLong(parent))
        .ifPresentOrElse(
            process -> process.onExit().thenRun(() -> Runtime.getRuntime().halt(1)),
            () -> Runtime.getRuntime().halt(1));
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
