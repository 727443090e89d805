package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.lang.reflect.Array;
import java.util.List;

/** One value of GGUF metadata, read as the type that its user expects. */
public final class GgufValue {

  private final String source;
  private final String key;
  private final GgufType type;
  private final Object value;

  /**
   * @param source file, for messages
   * @param key metadata key
   * @param type declared type; of the elements, for an array
   * @param value Long, Double, Boolean, String, or an array: byte[], short[], int[], long[],
   *     float[], double[], boolean[], String[], GgufValue[] (arrays of arrays)
   */
  GgufValue(String source, String key, GgufType type, Object value) {
    this.source = source;
    this.key = key;
    this.type = type;
    this.value = value;
  }

  /** Whether this is an array. */
  public boolean isArray() {
    return value.getClass().isArray();
  }

  /** The declared type; of the elements, for an array. */
  public GgufType type() {
    return type;
  }

  /** Elements of an array; 1 otherwise. */
  public int size() {
    return isArray() ? Array.getLength(value) : 1;
  }

  /** A whole number of any width; unsigned 64-bit values beyond 2^63 - 1 are an error. */
  public long asLong() {
    if (!(value instanceof Long number)) {
      throw wrong("a whole number");
    }
    return checked(number);
  }

  /** A whole number that fits 32 bits. */
  public int asInt() {
    long number = asLong();
    if (number != (int) number) {
      throw wrong("a whole number of at most 2147483647");
    }
    return (int) number;
  }

  /**
   * A number. A 32-bit float becomes the double of its shortest decimal text (1e-5 stays 1e-5), as
   * written by whoever made the file.
   */
  public double asDouble() {
    if (value instanceof Double number) {
      return number;
    }
    if (value instanceof Long number) {
      return checked(number);
    }
    throw wrong("a number");
  }

  /** True or false. */
  public boolean asBoolean() {
    if (!(value instanceof Boolean flag)) {
      throw wrong("true or false");
    }
    return flag;
  }

  /** A text. */
  public String asText() {
    if (!(value instanceof String text)) {
      throw wrong("a text");
    }
    return text;
  }

  /** A list of texts. */
  public List<String> asTexts() {
    if (!(value instanceof String[] texts)) {
      throw wrong("a list of texts");
    }
    return List.of(texts);
  }

  /** A list of whole numbers of any width. */
  public long[] asLongs() {
    if (value instanceof long[] numbers) {
      for (long number : numbers) {
        checked(number);
      }
      return numbers.clone();
    }
    var numbers = new long[size()];
    boolean unsigned = type == GgufType.UINT8 || type == GgufType.UINT16 || type == GgufType.UINT32;
    for (int i = 0; i < numbers.length; i++) {
      if (value instanceof byte[] bytes) {
        numbers[i] = unsigned ? bytes[i] & 0xFF : bytes[i];
      } else if (value instanceof short[] shorts) {
        numbers[i] = unsigned ? shorts[i] & 0xFFFF : shorts[i];
      } else if (value instanceof int[] ints) {
        numbers[i] = unsigned ? ints[i] & 0xFFFF_FFFFL : ints[i];
      } else {
        throw wrong("a list of whole numbers");
      }
    }
    if (!isArray()) {
      throw wrong("a list of whole numbers");
    }
    return numbers;
  }

  /** A list of 32-bit floats. */
  public float[] asFloats() {
    if (!(value instanceof float[] floats)) {
      throw wrong("a list of 32-bit floats");
    }
    return floats.clone();
  }

  private long checked(long number) {
    if (type == GgufType.UINT64 && number < 0) {
      throw wrong("a whole number below 2^63");
    }
    return number;
  }

  private LlmException wrong(String expected) {
    return new LlmException(
        "checkpoint_header_invalid",
        "%s: metadata %s must be %s, but is %s".formatted(source, key, expected, this));
  }

  @Override
  public String toString() {
    if (isArray()) {
      return "a list of %d %s".formatted(size(), type);
    }
    if (type == GgufType.UINT64 && value instanceof Long number) {
      return Long.toUnsignedString(number);
    }
    String text = value.toString();
    return text.length() <= 80
        ? text
        : text.substring(0, 80) + "... (" + text.length() + " characters)";
  }
}
