package io.affinage.llm.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Writes GGUF files of version 3, little-endian, with data aligned to 32 bytes. Tensor data is
 * asked for one tensor at a time while writing; a file appears under its name only when it is
 * complete.
 *
 * <p>Error codes: {@code checkpoint_not_written}, {@code checkpoint_tensor_incomplete}.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</a>
 */
public final class GgufWriter {

  private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;

  private record Tensor(StorageType type, long[] shape, long byteLength, TensorData data) {}

  /** Metadata already encoded: type and value. */
  private final Map<String, byte[]> metadata = new LinkedHashMap<>();

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  public GgufWriter text(String key, String value) {
    return put(key, GgufType.STRING, out -> out.text(value));
  }

  /** A whole number from 0 to 2^32 - 1. */
  public GgufWriter unsigned(String key, long value) {
    if (value < 0 || value > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException(key + " is " + value);
    }
    return put(key, GgufType.UINT32, out -> out.number(value, 4));
  }

  public GgufWriter float32(String key, double value) {
    return put(key, GgufType.FLOAT32, out -> out.number(Float.floatToRawIntBits((float) value), 4));
  }

  public GgufWriter bool(String key, boolean value) {
    return put(key, GgufType.BOOL, out -> out.number(value ? 1 : 0, 1));
  }

  public GgufWriter texts(String key, List<String> values) {
    return array(key, GgufType.STRING, values, (out, value) -> out.text(value));
  }

  public GgufWriter integers(String key, List<Integer> values) {
    return array(key, GgufType.INT32, values, (out, value) -> out.number(value, 4));
  }

  public GgufWriter floats(String key, List<Float> values) {
    return array(
        key,
        GgufType.FLOAT32,
        values,
        (out, value) -> out.number(Float.floatToRawIntBits(value), 4));
  }

  /**
   * Adds a tensor.
   *
   * @param name unique, in ggml's naming
   * @param type a type that ggml has
   * @param shape outermost dimension first (the file has it reversed), at most four dimensions
   */
  public GgufWriter tensor(String name, StorageType type, long[] shape, TensorData data) {
    if (type.ggmlId() < 0) {
      throw new IllegalArgumentException("GGUF has no type " + type);
    }
    if (shape.length > 4) {
      throw new IllegalArgumentException(name + " has " + shape.length + " dimensions");
    }
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    if (tensors.put(name, new Tensor(type, shape.clone(), type.bytes(elements), data)) != null) {
      throw new IllegalArgumentException("tensor " + name + " was added before");
    }
    return this;
  }

  /** Writes everything into one file, replacing it. */
  public void write(Path file) {
    ReplacedFile.write(
        file,
        channel -> {
          ReplacedFile.writeFully(channel, ByteBuffer.wrap(header()));
          for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            ReplacedFile.append(channel, file, entry.getKey(), tensor.byteLength(), tensor.data());
            int padding = (int) (aligned(tensor.byteLength()) - tensor.byteLength());
            ReplacedFile.writeFully(channel, ByteBuffer.allocate(padding));
          }
        });
  }

  private byte[] header() {
    var out = new Output();
    out.bytes.writeBytes(MAGIC);
    out.number(VERSION, 4);
    out.number(tensors.size(), 8);
    out.number(metadata.size(), 8);
    metadata.forEach(
        (key, encoded) -> {
          out.text(key);
          out.bytes.writeBytes(encoded);
        });
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      out.text(entry.getKey());
      out.number(tensor.shape().length, 4);
      for (int d = tensor.shape().length - 1; d >= 0; d--) {
        out.number(tensor.shape()[d], 8);
      }
      out.number(tensor.type().ggmlId(), 4);
      out.number(offset, 8);
      offset += aligned(tensor.byteLength());
    }
    while (out.bytes.size() % ALIGNMENT != 0) {
      out.bytes.write(0);
    }
    return out.bytes.toByteArray();
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private GgufWriter put(String key, GgufType type, Consumer<Output> value) {
    var out = new Output();
    out.number(type.ordinal(), 4);
    value.accept(out);
    if (metadata.put(key, out.bytes.toByteArray()) != null) {
      throw new IllegalArgumentException("metadata " + key + " was added before");
    }
    return this;
  }

  private <T> GgufWriter array(
      String key, GgufType type, List<T> values, BiConsumer<Output, T> element) {
    List<T> copy = new ArrayList<>(values);
    return put(
        key,
        GgufType.ARRAY,
        out -> {
          out.number(type.ordinal(), 4);
          out.number(copy.size(), 8);
          copy.forEach(value -> element.accept(out, value));
        });
  }

  /** Little-endian values one after the other. */
  private static final class Output {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void number(long value, int width) {
      bytes.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), 0, width);
    }

    void text(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      number(utf8.length, 8);
      bytes.writeBytes(utf8);
    }
  }
}
