package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads little-endian values of a GGUF header one after the other; every read is checked against
 * the end of the file.
 */
final class GgufCursor {

  private final MappedFile file;
  private ByteBuffer window;
  private long windowStart;

  GgufCursor(MappedFile file) {
    this.file = file;
    moveTo(0);
  }

  Path path() {
    return file.path();
  }

  /** Where the next value starts in the file. */
  long offset() {
    return windowStart + window.position();
  }

  long remaining() {
    return file.size() - offset();
  }

  int readByte(String what) {
    require(1, what);
    return window.get() & 0xFF;
  }

  short readShort(String what) {
    require(2, what);
    return window.getShort();
  }

  int readInt(String what) {
    require(4, what);
    return window.getInt();
  }

  long readLong(String what) {
    require(8, what);
    return window.getLong();
  }

  /** A count of things that each take at least {@code leastBytes} in what is left of the file. */
  int readCount(String what, int leastBytes) {
    long at = offset();
    long count = readLong(what);
    if (count < 0 || count > remaining() / leastBytes) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s: at offset %d the header promises %s %s, but only %d bytes follow; the file is cut off or damaged"
              .formatted(file.path(), at, Long.toUnsignedString(count), what, remaining()));
    }
    if (count > Integer.MAX_VALUE - 8) {
      throw invalid(at, "%d %s are more than can be read".formatted(count, what));
    }
    return (int) count;
  }

  /** UTF-8 with its length before it. */
  String readText(String what) {
    long at = offset();
    long length = readLong(what);
    if (length < 0 || length > remaining()) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s: at offset %d %s claims %s bytes, but only %d follow; the file is cut off or damaged"
              .formatted(file.path(), at, what, Long.toUnsignedString(length), remaining()));
    }
    if (length > Checkpoint.MAX_SLICE / 4) {
      throw invalid(at, "%s has %d bytes".formatted(what, length));
    }
    require(length, what);
    var bytes = new byte[(int) length];
    window.get(bytes);
    String text = new String(bytes, StandardCharsets.UTF_8);
    // The constructor replaces what is malformed. Replacement characters are rare, so only then is
    // the text decoded strictly.
    if (text.indexOf('\uFFFD') >= 0) {
      try {
        CharBuffer strict = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
        return strict.toString();
      } catch (CharacterCodingException e) {
        throw new LlmException(
            "checkpoint_header_invalid",
            "%s: at offset %d %s is not UTF-8".formatted(file.path(), at, what),
            e);
      }
    }
    return text;
  }

  LlmException invalid(long at, String problem) {
    return new LlmException(
        "checkpoint_header_invalid", "%s: at offset %d %s".formatted(file.path(), at, problem));
  }

  private void require(long bytes, String what) {
    if (bytes <= window.remaining()) {
      return;
    }
    if (bytes > remaining()) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s ends at offset %d, inside %s; the file is cut off or damaged"
              .formatted(file.path(), file.size(), what));
    }
    moveTo(offset());
  }

  private void moveTo(long offset) {
    windowStart = offset;
    window = file.slice(offset, (int) Math.min(file.size() - offset, Checkpoint.MAX_SLICE));
  }
}
