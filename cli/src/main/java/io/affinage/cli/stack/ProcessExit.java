package io.affinage.cli.stack;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How a process of the stack ended.
 *
 * @param status its exit status; 128 and a signal's number where a signal ended it
 * @param lastLines the end of its log
 * @param diskFull whether the log has no room left, so that it may not say why
 */
record ProcessExit(int status, List<String> lastLines, boolean diskFull) {

  /** In one phrase, as far as status and log tell. */
  String how() {
    return "ended with status " + status + meaning();
  }

  private String meaning() {
    if (lastLines.stream().anyMatch(line -> line.contains("OutOfMemoryError"))) {
      return " (out of memory)";
    }
    if (diskFull || lastLines.stream().anyMatch(line -> line.contains("No space left on"))) {
      return " (the disk is full)";
    }
    return switch (status) {
      case 137 -> " (killed: by hand, or by the system for lack of memory)";
      case 134, 139 -> " (it crashed)";
      case 130, 143 -> " (a signal asked it to)";
      default -> "";
    };
  }

  /** The end of the log, indented. */
  String indentedLines() {
    return lastLines.stream().map(line -> "  " + line).collect(Collectors.joining("\n"));
  }
}
