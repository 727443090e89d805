package io.affinage.llm.text;

import java.nio.charset.StandardCharsets;

/** GPT-2's spelling of bytes: each byte is one printable character. */
final class ByteAlphabet {
  private static final char[] CHARACTERS = characters();

  private ByteAlphabet() {}

  /** The character of a byte, 0..255. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The UTF-8 bytes of a text, 0..255 each. */
  static int[] bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] values = new int[utf8.length];
    for (int i = 0; i < utf8.length; i++) {
      values[i] = utf8[i] & 0xFF;
    }
    return values;
  }

  private static char[] characters() {
    char[] characters = new char[256];
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
      characters[b] = (char) (printable ? b : next++);
    }
    return characters;
  }
}
