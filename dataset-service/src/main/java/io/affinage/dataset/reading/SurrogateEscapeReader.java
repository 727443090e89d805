package io.affinage.dataset.reading;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 to characters, with each malformed byte as the lone surrogate U+DC00 + byte (PEP 383).
 * Well- formed UTF-8 has no lone surrogates, so the record with the bad bytes can be told later,
 * and the records around it are not lost.
 */
final class SurrogateEscapeReader extends Reader {
  private final InputStream in;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
  private boolean ended;

  SurrogateEscapeReader(InputStream in) {
    this.in = in;
  }

  /** Whether the text holds a byte that was not UTF-8. */
  static boolean hasEscape(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        continue;
      }
      if (Character.isLowSurrogate(c)) {
        return true;
      }
      i++; // a high surrogate is the first half of a pair that the decoder made
    }
    return false;
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    if (length < 2) {
      throw new IllegalArgumentException("room for a surrogate pair is needed");
    }
    CharBuffer out = CharBuffer.wrap(target, offset, length).slice();
    while (out.position() == 0) {
      CoderResult result = decoder.decode(bytes, out, ended);
      while (result.isError() && out.remaining() >= result.length()) {
        for (int i = 0; i < result.length(); i++) {
          out.put((char) (0xDC00 + (bytes.get() & 0xFF)));
        }
        result = decoder.decode(bytes, out, ended);
      }
      if (out.position() > 0) {
        break;
      }
      if (ended) {
        return -1;
      }
      fill();
    }
    return out.position();
  }

  private void fill() throws IOException {
    bytes.compact();
    int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
    if (read < 0) {
      ended = true;
    } else {
      bytes.position(bytes.position() + read);
    }
    bytes.flip();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
