package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Plain text: each block between blank lines is one document, in the column {@code text}. */
final class TextReader implements RowReader {
  private final LineScanner lines;
  private final ReadLimits limits;
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private long blockBytes;

  TextReader(InputStream in, ReadLimits limits) {
    this.lines = new LineScanner(in, limits.maxRowBytes());
    this.limits = limits;
  }

  @Override
  public RawRow next() throws IOException {
    block.reset();
    blockBytes = 0;
    long first = 0;
    while (lines.next()) {
      if (lines.blank()) {
        if (blockBytes > 0) {
          break;
        }
        continue;
      }
      if (blockBytes == 0) {
        first = lines.number();
      } else {
        append(new byte[] {'\n'}, 0, 1, 1);
      }
      append(lines.buffer(), lines.start(), lines.length(), lines.fullLength());
    }
    return blockBytes == 0 ? null : row(first);
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
              + " bytes without a blank line, the limit for one row is "
              + limits.maxRowBytes();
      return broken(line, FaultReason.ROW_TOO_LARGE, detail, bytes);
    }
    int malformed = Utf8.firstMalformed(bytes, 0, bytes.length);
    if (malformed >= 0) {
      String detail = "byte " + (malformed + 1) + " of the block is not UTF-8";
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
