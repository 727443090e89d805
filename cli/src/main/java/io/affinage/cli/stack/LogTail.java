package io.affinage.cli.stack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The end of a log file, which may be larger than the memory. */
final class LogTail {
  private static final int BYTES = 32 << 10;
  private static final int LINES = 12;
  private static final int LINE_CHARACTERS = 400;

  private LogTail() {}

  /** The last lines as people read them, without stack frames; why, when they cannot be read. */
  static List<String> of(Path log) {
    try (FileChannel channel = FileChannel.open(log)) {
      long from = Math.max(0, channel.size() - BYTES);
      ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
      while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
        // Reads on.
      }
      String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
      // What the cut left of a line is no line.
      String whole = from == 0 ? text : text.substring(text.indexOf('\n') + 1);
      List<String> lines =
          whole.lines().filter(line -> !line.isBlank() && !line.startsWith("\tat ")).toList();
      return lines.subList(Math.max(0, lines.size() - LINES), lines.size()).stream()
          .map(LogLine::readable)
          .map(
              line ->
                  line.length() <= LINE_CHARACTERS
                      ? line
                      : line.substring(0, LINE_CHARACTERS) + " ...")
          .toList();
    } catch (IOException e) {
      return List.of("(its log cannot be read: " + e + ")");
    }
  }
}
