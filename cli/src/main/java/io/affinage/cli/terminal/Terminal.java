package io.affinage.cli.terminal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.PrintStream;
import java.util.List;

/**
 * Where the command writes: results to standard output, everything on the way to standard error.
 *
 * <p>Not thread-safe; one command writes at a time.
 */
public final class Terminal {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final PrintStream out;
  private final PrintStream err;
  private final boolean interactive;
  private final int columns;
  private boolean json;
  private boolean transientLine;

  /**
   * @param interactive standard error is a terminal, so that a line can be written over
   * @param columns the terminal's width
   */
  public Terminal(PrintStream out, PrintStream err, boolean interactive, int columns) {
    this.out = out;
    this.err = err;
    this.interactive = interactive;
    this.columns = columns;
  }

  public boolean interactive() {
    return interactive;
  }

  public int columns() {
    return columns;
  }

  /** From now on results are one JSON object. */
  public void useJson() {
    json = true;
  }

  public boolean json() {
    return json;
  }

  /**
   * Names, errors and answers come from elsewhere: none of them may move the cursor, write over
   * other lines or speak to the terminal.
   */
  private static String plain(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '\uFFFD' : c)
        .forEach(plain::appendCodePoint);
    return plain.toString();
  }

  /** What happens on the way, for people. */
  public void note(String line) {
    clear();
    err.println(plain(line));
    err.flush();
  }

  /** A line that the next one writes over; only on a terminal. */
  public void status(String line) {
    if (interactive) {
      String shown = plain(line);
      String fitting = shown.length() < columns ? shown : shown.substring(0, columns - 1);
      err.print("\r\033[2K" + fitting);
      err.flush();
      transientLine = true;
    }
  }

  /** Takes the line of {@link #status} away. */
  public void clear() {
    if (transientLine) {
      err.print("\r\033[2K");
      err.flush();
      transientLine = false;
    }
  }

  /** The result: the object with {@code --json}, else the lines. */
  public void result(Object object, List<String> lines) {
    clear();
    if (json) {
      try {
        out.println(JSON.writeValueAsString(object));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a result is always representable as JSON", e);
      }
    } else {
      lines.forEach(line -> out.println(plain(line)));
    }
    out.flush();
  }

  /**
   * A piece of a result that arrives bit by bit.
   *
   * @throws CliException {@code output_closed} when nobody reads it any more
   */
  public void stream(String text) {
    clear();
    out.print(plain(text));
    if (out.checkError()) {
      throw new CliException(
          ExitCode.FAILED, "output_closed", "Standard output was closed; the rest is not shown.");
    }
  }
}
