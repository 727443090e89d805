package io.affinage.llm.checkpoint;

import io.affinage.llm.error.FileKind;
import io.affinage.llm.error.LlmException;
import java.math.BigDecimal;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A GGUF file's metadata and list of tensors, versions 2 and 3, little-endian.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</a>
 */
public final class GgufFile {

  private static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final int MAX_NESTING = 4;

  private final MappedFile file;
  private final Map<String, GgufValue> metadata;
  private final List<GgufTensor> tensors;

  private GgufFile(MappedFile file, Map<String, GgufValue> metadata, List<GgufTensor> tensors) {
    this.file = file;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = List.copyOf(tensors);
  }

  /**
   * Reads and checks the header.
   *
   * @throws LlmException {@code checkpoint_missing}, {@code checkpoint_unreadable}, {@code
   *     checkpoint_wrong_file}, {@code checkpoint_truncated}, {@code checkpoint_header_invalid}
   */
  public static GgufFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    FileKind.foreign(path, FileKind.GGUF)
        .ifPresent(
            what -> {
              throw new LlmException("checkpoint_wrong_file", what);
            });
    return read(file);
  }

  static GgufFile read(MappedFile file) {
    Path path = file.path();
    if (file.size() < 24) {
      throw new LlmException(
          "checkpoint_truncated",
          "%s has %d bytes, less than a GGUF header of 24; the file is cut off or not GGUF"
              .formatted(path, file.size()));
    }
    var cursor = new GgufCursor(file);
    if (cursor.readInt("the magic number") != MAGIC) {
      throw cursor.invalid(0, "there is no GGUF magic number: this is not a GGUF file");
    }
    int version = cursor.readInt("the version");
    if (version != 2 && version != 3) {
      boolean bigEndian = Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3;
      throw cursor.invalid(
          4,
          bigEndian
              ? "the file is big-endian, which is not supported: convert it to little-endian"
              : "is GGUF version %s; supported are 2 and 3"
                  .formatted(Integer.toUnsignedString(version)));
    }
    // A tensor takes at least a name length, a dimension count, a type and an offset; a pair a key
    // length, a type and a byte.
    int tensorCount = cursor.readCount("tensors", 24);
    int pairCount = cursor.readCount("metadata pairs", 13);
    Map<String, GgufValue> metadata = readMetadata(cursor, path, pairCount);
    int alignment = alignment(metadata, path);
    List<GgufTensor> tensors = readTensors(cursor, file, tensorCount, alignment);
    return new GgufFile(file, metadata, tensors);
  }

  /** The file itself. */
  public Path path() {
    return file.path();
  }

  /** All metadata in the file's order. */
  public Map<String, GgufValue> metadata() {
    return metadata;
  }

  /** The metadata of this key, where the file has it. */
  public Optional<GgufValue> value(String key) {
    return Optional.ofNullable(metadata.get(key));
  }

  /**
   * The metadata of this key.
   *
   * @throws LlmException {@code checkpoint_header_invalid} if the file lacks it
   */
  public GgufValue require(String key) {
    return value(key)
        .orElseThrow(
            () ->
                new LlmException(
                    "checkpoint_header_invalid",
                    "%s: metadata %s is missing".formatted(file.path(), key)));
  }

  /**
   * The metadata of this key: a whole number of at least 1.
   *
   * @throws LlmException {@code checkpoint_header_invalid}
   */
  public int positive(String key) {
    int value = require(key).asInt();
    if (value < 1) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata %s must be at least 1, but is %d".formatted(file.path(), key, value));
    }
    return value;
  }

  /**
   * The tokenizer, where the file has one.
   *
   * @throws LlmException {@code checkpoint_header_invalid} if its parts do not fit together
   */
  public Optional<GgufTokenizer> tokenizer() {
    if (value("tokenizer.ggml.model").isEmpty()) {
      return Optional.empty();
    }
    List<String> tokens = require("tokenizer.ggml.tokens").asTexts();
    var types = new ArrayList<Integer>();
    value("tokenizer.ggml.token_type")
        .ifPresent(v -> Arrays.stream(v.asLongs()).forEach(type -> types.add(tokenType(type))));
    var scores = new ArrayList<Float>();
    value("tokenizer.ggml.scores")
        .ifPresent(
            v -> {
              for (float score : v.asFloats()) {
                scores.add(score);
              }
            });
    requireOnePerToken("tokenizer.ggml.token_type", types.size(), tokens.size());
    requireOnePerToken("tokenizer.ggml.scores", scores.size(), tokens.size());
    String prefix = "tokenizer.chat_template.";
    var named = new HashMap<String, String>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            named.put(key.substring(prefix.length()), value.asText());
          }
        });
    return Optional.of(
        new GgufTokenizer(
            require("tokenizer.ggml.model").asText(),
            value("tokenizer.ggml.pre").map(GgufValue::asText),
            tokens,
            types,
            value("tokenizer.ggml.merges").map(GgufValue::asTexts).orElse(List.of()),
            scores,
            tokenId("tokenizer.ggml.bos_token_id", tokens.size()),
            tokenId("tokenizer.ggml.eos_token_id", tokens.size()),
            tokenId("tokenizer.ggml.eot_token_id", tokens.size()),
            tokenId("tokenizer.ggml.unknown_token_id", tokens.size()),
            tokenId("tokenizer.ggml.padding_token_id", tokens.size()),
            value("tokenizer.ggml.add_bos_token").map(GgufValue::asBoolean),
            value("tokenizer.ggml.add_eos_token").map(GgufValue::asBoolean),
            value("tokenizer.ggml.add_space_prefix").map(GgufValue::asBoolean),
            value("tokenizer.chat_template").map(GgufValue::asText),
            named));
  }

  /**
   * A tensor as it lies in the file, as 32-bit floats, row-major.
   *
   * @param tensor ggml's name
   * @throws LlmException {@code checkpoint_tensor_missing}, {@code checkpoint_dtype_unsupported},
   *     {@code checkpoint_tensor_too_large}
   */
  public float[] readFloats(String tensor) {
    GgufTensor found =
        tensors.stream()
            .filter(each -> each.name().equals(tensor))
            .findFirst()
            .orElseThrow(
                () ->
                    new LlmException(
                        "checkpoint_tensor_missing",
                        "%s has no tensor %s".formatted(file.path(), tensor)));
    TensorEntry entry =
        new TensorEntry(
            tensor,
            found.shape(),
            found.type(),
            RowOrder.AS_IS,
            file.path(),
            found.offset(),
            found.byteLength());
    if (entry.elements() > Integer.MAX_VALUE - 8) {
      throw new LlmException(
          "checkpoint_tensor_too_large",
          "%s: tensor %s has %d elements, more than one array holds"
              .formatted(file.path(), tensor, entry.elements()));
    }
    var values = new float[(int) entry.elements()];
    new TensorReader(file).readRows(entry, 0, entry.rows(), FloatBuffer.wrap(values));
    return values;
  }

  List<GgufTensor> tensors() {
    return tensors;
  }

  MappedFile mapped() {
    return file;
  }

  private int tokenType(long type) {
    if (type < 0 || type > 6) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata tokenizer.ggml.token_type has the unknown type %d"
              .formatted(file.path(), type));
    }
    return (int) type;
  }

  private OptionalInt tokenId(String key, int vocabulary) {
    Optional<GgufValue> value = value(key);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    long id = value.get().asLong();
    // llama.cpp writes "no such token" as all ones.
    if (id == 0xFFFF_FFFFL || id == -1) {
      return OptionalInt.empty();
    }
    if (id < 0 || id >= vocabulary) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata %s is %d, outside the vocabulary of %d tokens"
              .formatted(file.path(), key, id, vocabulary));
    }
    return OptionalInt.of((int) id);
  }

  private void requireOnePerToken(String key, int size, int tokens) {
    if (size != 0 && size != tokens) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata %s has %d entries for %d tokens".formatted(file.path(), key, size, tokens));
    }
  }

  private static Map<String, GgufValue> readMetadata(GgufCursor cursor, Path path, int count) {
    var metadata = new LinkedHashMap<String, GgufValue>();
    for (int i = 0; i < count; i++) {
      long at = cursor.offset();
      String key = cursor.readText("a metadata key");
      GgufValue value = readValue(cursor, path, key, readType(cursor, key), 0);
      if (metadata.put(key, value) != null) {
        throw cursor.invalid(at, "metadata " + key + " occurs a second time");
      }
    }
    return metadata;
  }

  private static GgufType readType(GgufCursor cursor, String key) {
    long at = cursor.offset();
    int id = cursor.readInt("the type of " + key);
    return GgufType.of(id)
        .orElseThrow(
            () ->
                cursor.invalid(
                    at,
                    "metadata %s has unknown type %s"
                        .formatted(key, Integer.toUnsignedString(id))));
  }

  private static GgufValue readValue(
      GgufCursor cursor, Path path, String key, GgufType type, int depth) {
    if (type == GgufType.ARRAY) {
      return readArray(cursor, path, key, depth);
    }
    Object value =
        switch (type) {
          case UINT8 -> (long) cursor.readByte(key);
          case INT8 -> (long) (byte) cursor.readByte(key);
          case UINT16 -> (long) (cursor.readShort(key) & 0xFFFF);
          case INT16 -> (long) cursor.readShort(key);
          case UINT32 -> cursor.readInt(key) & 0xFFFF_FFFFL;
          case INT32 -> (long) cursor.readInt(key);
          case UINT64, INT64 -> cursor.readLong(key);
          case FLOAT32 -> shortest(Float.intBitsToFloat(cursor.readInt(key)));
          case FLOAT64 -> Double.longBitsToDouble(cursor.readLong(key));
          case BOOL -> readBoolean(cursor, key);
          case STRING -> cursor.readText(key);
          case ARRAY -> throw new AssertionError();
        };
    return new GgufValue(path.toString(), key, type, value);
  }

  private static GgufValue readArray(GgufCursor cursor, Path path, String key, int depth) {
    long at = cursor.offset();
    if (depth >= MAX_NESTING) {
      throw cursor.invalid(
          at, "metadata %s nests arrays more than %d deep".formatted(key, MAX_NESTING));
    }
    GgufType type = readType(cursor, key);
    int count = cursor.readCount("elements of " + key, type.leastBytes());
    Object value =
        switch (type) {
          case UINT8, INT8 -> {
            var array = new byte[count];
            for (int i = 0; i < count; i++) {
              array[i] = (byte) cursor.readByte(key);
            }
            yield array;
          }
          case UINT16, INT16 -> {
            var array = new short[count];
            for (int i = 0; i < count; i++) {
              array[i] = cursor.readShort(key);
            }
            yield array;
          }
          case UINT32, INT32 -> {
            var array = new int[count];
            for (int i = 0; i < count; i++) {
              array[i] = cursor.readInt(key);
            }
            yield array;
          }
          case UINT64, INT64 -> {
            var array = new long[count];
            for (int i = 0; i < count; i++) {
              array[i] = cursor.readLong(key);
            }
            yield array;
          }
          case FLOAT32 -> {
            var array = new float[count];
            for (int i = 0; i < count; i++) {
              array[i] = Float.intBitsToFloat(cursor.readInt(key));
            }
            yield array;
          }
          case FLOAT64 -> {
            var array = new double[count];
            for (int i = 0; i < count; i++) {
              array[i] = Double.longBitsToDouble(cursor.readLong(key));
            }
            yield array;
          }
          case BOOL -> {
            var array = new boolean[count];
            for (int i = 0; i < count; i++) {
              array[i] = readBoolean(cursor, key);
            }
            yield array;
          }
          case STRING -> {
            var array = new String[count];
            for (int i = 0; i < count; i++) {
              array[i] = cursor.readText(key);
            }
            yield array;
          }
          case ARRAY -> {
            var array = new GgufValue[count];
            for (int i = 0; i < count; i++) {
              array[i] = readArray(cursor, path, key, depth + 1);
            }
            yield array;
          }
        };
    return new GgufValue(path.toString(), key, type, value);
  }

  private static boolean readBoolean(GgufCursor cursor, String key) {
    long at = cursor.offset();
    int value = cursor.readByte(key);
    if (value > 1) {
      throw cursor.invalid(at, "metadata %s is a boolean of value %d".formatted(key, value));
    }
    return value == 1;
  }

  private static double shortest(float value) {
    return Float.isFinite(value) ? new BigDecimal(Float.toString(value)).doubleValue() : value;
  }

  private static int alignment(Map<String, GgufValue> metadata, Path path) {
    GgufValue value = metadata.get("general.alignment");
    if (value == null) {
      return DEFAULT_ALIGNMENT;
    }
    int alignment = value.asInt();
    if (alignment <= 0 || Integer.bitCount(alignment) != 1) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata general.alignment must be a power of two, but is %d"
              .formatted(path, alignment));
    }
    return alignment;
  }

  private static List<GgufTensor> readTensors(
      GgufCursor cursor, MappedFile file, int count, int alignment) {
    var names = new HashMap<String, Long>();
    var relative = new ArrayList<GgufTensor>();
    for (int i = 0; i < count; i++) {
      long at = cursor.offset();
      String name = cursor.readText("a tensor name");
      Long earlier = names.put(name, at);
      if (earlier != null) {
        throw cursor.invalid(
            at, "tensor %s occurs a second time (first at offset %d)".formatted(name, earlier));
      }
      relative.add(readTensor(cursor, name, alignment));
    }
    long dataStart = (cursor.offset() + alignment - 1) / alignment * alignment;
    var tensors = new ArrayList<GgufTensor>(count);
    for (GgufTensor tensor : relative) {
      long room = file.size() - dataStart;
      if (room < 0 || tensor.offset() > room || tensor.byteLength() > room - tensor.offset()) {
        throw new LlmException(
            "checkpoint_truncated",
            "%s: tensor %s needs %d bytes at offset %d, but the file has %d bytes; it is cut off or damaged"
                .formatted(
                    file.path(),
                    tensor.name(),
                    tensor.byteLength(),
                    dataStart + tensor.offset(),
                    file.size()));
      }
      tensors.add(
          new GgufTensor(
              tensor.name(),
              tensor.shape(),
              tensor.type(),
              dataStart + tensor.offset(),
              tensor.byteLength()));
    }
    requireDisjoint(cursor, tensors);
    return tensors;
  }

  /** One entry of the list; its offset still counts from the start of the data. */
  private static GgufTensor readTensor(GgufCursor cursor, String name, int alignment) {
    long at = cursor.offset();
    int dimensions = cursor.readInt("the dimension count of " + name);
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
      throw cursor.invalid(
          at, "tensor %s has %s dimensions".formatted(name, Integer.toUnsignedString(dimensions)));
    }
    var shape = new long[dimensions];
    for (int d = dimensions - 1; d >= 0; d--) {
      shape[d] = cursor.readLong("a dimension of " + name);
    }
    int typeId = cursor.readInt("the type of " + name);
    StorageType type =
        StorageType.ofGgml(typeId)
            .orElseThrow(
                () ->
                    new LlmException(
                        "checkpoint_dtype_unsupported",
                        "%s: at offset %d tensor %s has unknown ggml type %s"
                            .formatted(cursor.path(), at, name, Integer.toUnsignedString(typeId))));
    long offset = cursor.readLong("the offset of " + name);
    if (offset < 0 || offset % alignment != 0) {
      throw cursor.invalid(
          at,
          "tensor %s lies at %s, not a multiple of the alignment %d"
              .formatted(name, Long.toUnsignedString(offset), alignment));
    }
    return new GgufTensor(name, shape, type, offset, byteLength(cursor, at, name, shape, type));
  }

  private static long byteLength(
      GgufCursor cursor, long at, String name, long[] shape, StorageType type) {
    long elements = 1;
    try {
      for (long size : shape) {
        if (size < 0) {
          throw new ArithmeticException();
        }
        elements = Math.multiplyExact(elements, size);
      }
      long row = shape.length == 0 ? 1 : shape[shape.length - 1];
      if (row % type.blockSize() != 0) {
        throw cursor.invalid(
            at,
            "tensor %s has rows of %d elements, not whole %s blocks of %d"
                .formatted(name, row, type, type.blockSize()));
      }
      return type.bytes(elements);
    } catch (ArithmeticException e) {
      throw cursor.invalid(
          at, "tensor %s claims the impossible shape %s".formatted(name, Arrays.toString(shape)));
    }
  }

  private static void requireDisjoint(GgufCursor cursor, List<GgufTensor> tensors) {
    var ordered =
        tensors.stream()
            .filter(tensor -> tensor.byteLength() > 0)
            .sorted(Comparator.comparingLong(GgufTensor::offset))
            .toList();
    for (int i = 1; i < ordered.size(); i++) {
      GgufTensor before = ordered.get(i - 1);
      GgufTensor tensor = ordered.get(i);
      if (before.offset() + before.byteLength() > tensor.offset()) {
        throw cursor.invalid(
            tensor.offset(), "tensors %s and %s overlap".formatted(before.name(), tensor.name()));
      }
    }
  }
}
