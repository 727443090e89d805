package io.affinage.dataset.reading;

import io.affinage.dataset.DatasetException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of a text file in UTF-8, whatever encoding it has. Bytes that the encoding does not
 * know become one byte that UTF-8 does not know, so that the row that holds them is told.
 *
 * @param charset the encoding of the file
 */
record TextBytes(InputStream in, Charset charset) {
  private static final Charset UTF_32BE = Charset.forName("UTF-32BE");
  private static final Charset UTF_32LE = Charset.forName("UTF-32LE");

  /**
   * @param named null takes what a byte order mark says, or UTF-8
   * @throws DatasetException {@code encoding_mismatch} when the mark says another encoding
   */
  static TextBytes of(InputStream in, Charset named) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, 1 << 16);
    buffered.mark(8);
    byte[] head = buffered.readNBytes(4);
    buffered.reset();
    Charset marked = marked(head);
    if (marked != null && named != null && !fits(named, marked)) {
      throw new DatasetException(
          "encoding_mismatch",
          "the file begins with the byte order mark of "
              + marked
              + ", and the encoding was named "
              + named
              + "; leave the encoding out",
          "encoding");
    }
    Charset charset = marked != null ? marked : named == null ? StandardCharsets.UTF_8 : named;
    return new TextBytes(
        charset.equals(StandardCharsets.UTF_8) ? buffered : new Transcoded(buffered, charset),
        charset);
  }

  /** What is said of bytes that the encoding does not know. */
  String unknownBytes() {
    return charset.equals(StandardCharsets.UTF_8)
        ? "not UTF-8; if the whole file has another encoding, name it, for example windows-1252"
        : "not in the encoding " + charset.name();
  }

  private static boolean fits(Charset named, Charset marked) {
    String name = marked.name();
    return named.equals(marked)
        || named.equals(StandardCharsets.UTF_16) && name.startsWith("UTF-16")
        || named.name().equals("UTF-32") && name.startsWith("UTF-32");
  }

  /** What the byte order mark says; null for none. */
  static Charset marked(byte[] head) {
    int first = head.length < 2 ? 0 : (head[0] & 0xFF) << 8 | head[1] & 0xFF;
    int second = head.length < 4 ? -1 : (head[2] & 0xFF) << 8 | head[3] & 0xFF;
    if (first == 0xFFFE) {
      return second == 0 ? UTF_32LE : StandardCharsets.UTF_16LE;
    }
    if (first == 0xFEFF) {
      return StandardCharsets.UTF_16BE;
    }
    if (first == 0 && second == 0xFEFF) {
      return UTF_32BE;
    }
    boolean utf8 = first == 0xEFBB && head.length > 2 && (head[2] & 0xFF) == 0xBF;
    return utf8 ? StandardCharsets.UTF_8 : null;
  }

  private static final class Transcoded extends InputStream {
    private final InputStream in;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 15).flip();
    private final CharBuffer characters = CharBuffer.allocate(1 << 15);
    private byte[] out = new byte[0];
    private int position;
    private boolean ended;
    private boolean flushed;

    Transcoded(InputStream in, Charset charset) {
      this.in = in;
      this.decoder =
          charset
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (position == out.length) {
        if (flushed) {
          return -1;
        }
        refill();
      }
      int taken = Math.min(length, out.length - position);
      System.arraycopy(out, position, target, offset, taken);
      position += taken;
      return taken;
    }

    private void refill() throws IOException {
      characters.clear();
      CoderResult result = decoder.decode(bytes, characters, ended);
      boolean broken = result.isError();
      if (broken) {
        bytes.position(bytes.position() + result.length());
      } else if (result.isUnderflow()) {
        if (ended) {
          decoder.flush(characters);
          flushed = true;
        } else {
          fill();
        }
      }
      byte[] decoded = characters.flip().toString().getBytes(StandardCharsets.UTF_8);
      out = broken ? Arrays.copyOf(decoded, decoded.length + 1) : decoded;
      if (broken) {
        out[decoded.length] = (byte) 0xFF;
      }
      position = 0;
    }

    private void fill() throws IOException {
      bytes.compact();
      int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
      if (count < 0) {
        ended = true;
      } else {
        bytes.position(bytes.position() + count);
      }
      bytes.flip();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
