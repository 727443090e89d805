package io.affinage.llm.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Makes hostile files out of sound ones. The same seed makes the same files. */
public final class Mutator {
  private static final long[] EXTREMES = {
    -1,
    0,
    1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 61,
    1L << 31,
    255,
    0x7FFF_FFFF_FFFF_FFF0L
  };

  private static final String[] WORDS = {
    "9223372036854775807",
    "-1",
    "18446744073709551616",
    "2147483647",
    "1e999",
    "NaN",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\"../../etc/passwd\"",
    "0.5",
    "\\u0000",
    "\\ud800",
    "[[[[[[[[",
    "{\"a\":",
    ",",
    "}",
    "]",
    "\"",
    "{{",
    "}}",
    "{%",
    "%}",
    "{% for x in range(999999999) %}",
    "{{ 'a' * 999999999 }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "(?:a+)+$"
  };

  private static final String[] VALUES = {
    "9223372036854775807",
    "-1",
    "0",
    "2147483647",
    "1e300",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\"../../etc/passwd\"",
    "\"/etc/passwd\"",
    "0.5",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[[1]]]",
    "{\"a\":{\"a\":1}}",
    "\"(?:a+)+$\"",
    "\"ByteLevel\"",
    "\"Unigram\"",
    "\"LORA\"",
    "[-1, 99999]"
  };

  private final Random random;

  public Mutator(long seed) {
    this.random = new Random(seed);
  }

  /**
   * A binary file with one to three changes.
   *
   * @param header how many bytes from the start are worth changing
   */
  public byte[] binary(byte[] sound, int header) {
    byte[] bytes = sound.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 8; changes--) {
      int limit = Math.min(header, bytes.length);
      int at = random.nextInt(limit);
      switch (random.nextInt(7)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> putNumber(bytes, at);
        case 3 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 4 -> bytes = insert(bytes, at, new byte[random.nextInt(32)]);
        case 5 -> bytes = word(bytes, at);
        default -> {
          int from = random.nextInt(limit);
          int length = Math.min(random.nextInt(64), limit - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, length);
        }
      }
    }
    return bytes;
  }

  private void putNumber(byte[] bytes, int at) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long number = EXTREMES[random.nextInt(EXTREMES.length)];
    if (random.nextBoolean() && at + 8 <= bytes.length) {
      buffer.putLong(at, number);
    } else if (at + 4 <= bytes.length) {
      buffer.putInt(at, (int) number);
    }
  }

  /** A text file with one to four changes. */
  public byte[] text(byte[] sound) {
    byte[] bytes = sound;
    for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(14)) {
            case 0 -> word(bytes, at);
            case 1, 8, 9, 10, 11, 12, 13 -> value(bytes, at);
            case 2 -> remove(bytes, at, random.nextInt(40));
            case 3 ->
                insert(bytes, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 60)));
            case 4 -> number(bytes, at);
            case 5 -> Arrays.copyOf(bytes, at);
            case 6 -> insert(bytes, at, new byte[] {(byte) random.nextInt()});
            default ->
                insert(
                    bytes,
                    at,
                    "[{\"a\":".repeat(random.nextInt(3000)).getBytes(StandardCharsets.US_ASCII));
          };
    }
    return bytes;
  }

  /** Replaces the number at or after a place with an extreme one. */
  private byte[] number(byte[] bytes, int at) {
    int from = at;
    while (from < bytes.length && !Character.isDigit(bytes[from])) {
      from++;
    }
    int to = from;
    while (to < bytes.length && (Character.isDigit(bytes[to]) || bytes[to] == '.')) {
      to++;
    }
    String extreme = Long.toString(EXTREMES[random.nextInt(EXTREMES.length)]);
    return insert(
        remove(bytes, from, to - from), from, extreme.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Replaces the text or number between the quotes or colon at or after a place; JSON stays JSON.
   */
  private byte[] value(byte[] bytes, int at) {
    int from = at;
    while (from < bytes.length && bytes[from] != ':' && bytes[from] != '[') {
      from++;
    }
    from++;
    while (from < bytes.length && bytes[from] == ' ') {
      from++;
    }
    if (from >= bytes.length || bytes[from] == '{' || bytes[from] == '[') {
      return number(bytes, at);
    }
    int to = from + 1;
    boolean quoted = bytes[from] == '"';
    while (to < bytes.length
        && (quoted ? bytes[to] != '"' : bytes[to] != ',' && bytes[to] != ']' && bytes[to] != '}')) {
      to++;
    }
    String value = VALUES[random.nextInt(VALUES.length)];
    return insert(
        remove(bytes, from, to - from + (quoted ? 1 : 0)),
        from,
        value.getBytes(StandardCharsets.US_ASCII));
  }

  private byte[] word(byte[] bytes, int at) {
    return insert(
        bytes, at, WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] remove(byte[] bytes, int at, int length) {
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    int rest = Math.min(bytes.length, at + length);
    out.write(bytes, rest, bytes.length - rest);
    return out.toByteArray();
  }

  private static byte[] insert(byte[] bytes, int at, byte[] piece) {
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    out.writeBytes(piece);
    out.write(bytes, at, bytes.length - at);
    return out.toByteArray();
  }
}
