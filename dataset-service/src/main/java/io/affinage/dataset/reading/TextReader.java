package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Plain text: each block between blank lines, or between lines that are the named separator, is one
 * document, in the column {@code text}.
 */
final class TextReader implements RowReader {
  private final LineScanner lines;
  private final ReadLimits limits;
  private final byte[] separator;
  private final String unknownBytes;
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private long blockBytes;

  /**
   * @param separator the line between documents; null for blank lines
   */
  TextReader(TextBytes text, String separator, ReadLimits limits) {
    this.lines = new LineScanner(text.in(), limits.maxRowBytes());
    this.limits = limits;
    this.separator = separator == null ? null : separator.getBytes(StandardCharsets.UTF_8);
    this.unknownBytes = text.unknownBytes();
  }

  @Override
  public RawRow next() throws IOException {
    block.reset();
    blockBytes = 0;
    long first = 0;
    while (lines.next()) {
      if (separator == null ? lines.blank() : isSeparator()) {
        if (blockBytes > 0) {
          break;
        }
        continue;
      }
      if (blockBytes == 0) {
        if (lines.blank()) {
          continue;
        }
        first = lines.number();
      } else {
        append(new byte[] {'\n'}, 0, 1, 1);
      }
      append(lines.buffer(), lines.start(), lines.length(), lines.fullLength());
    }
    return blockBytes == 0 ? null : row(first);
  }

  private boolean isSeparator() {
    int end = lines.start() + lines.length();
    return Arrays.equals(lines.buffer(), lines.start(), end, separator, 0, separator.length);
  }

  /** Holds no more than the limit allows, however long the block is. */
  private void append(byte[] bytes, int start, int length, long fullLength) {
    int room = limits.maxRowBytes() - block.size();
    block.write(bytes, start, Math.min(length, Math.max(room, 0)));
    blockBytes += fullLength;
  }

  private RawRow row(long line) {
    byte[] bytes = block.toByteArray();
    if (blockBytes > limits.maxRowBytes()) {
      String detail =
          "the block has "
              + blockBytes
              + " bytes without a line that ends a document, the limit is "
              + limits.maxRowBytes();
      return broken(line, FaultReason.ROW_TOO_LARGE, detail, bytes);
    }
    int malformed = Utf8.firstMalformed(bytes, 0, bytes.length);
    if (malformed >= 0) {
      String detail = "byte " + (malformed + 1) + " of the block is " + unknownBytes;
      return broken(line, FaultReason.INVALID_UTF8, detail, bytes);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return new RawRow.Fields(line, JsonNodeFactory.instance.objectNode().put("text", text));
  }

  private RawRow broken(long line, FaultReason reason, String detail, byte[] bytes) {
    return new RawRow.Broken(
        line,
        new RowFault(reason, detail),
        Excerpt.of(bytes, 0, bytes.length, limits.excerptCharacters()));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
