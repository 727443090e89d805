package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files as the reference implementation does, byte for byte: {@code
 * __metadata__} {"format": "pt"} first, then tensors by falling width of their type and by name,
 * the header padded to 8 bytes with spaces. Tensor data is asked for one tensor at a time while
 * writing. A file appears under its name only when it is complete.
 *
 * <p>Error codes: {@code checkpoint_not_written} (disk full, folder not writable), {@code
 * checkpoint_tensor_incomplete} (a tensor gave fewer or more bytes than its shape says).
 */
public final class SafetensorsWriter {

  /**
   * The reference's order of types: later ones are written first, so that all tensors are aligned.
   */
  private static final List<StorageType> WIDTH_ORDER =
      List.of(
          StorageType.BOOL,
          StorageType.U8,
          StorageType.I8,
          StorageType.F8_E5M2,
          StorageType.F8_E4M3,
          StorageType.I16,
          StorageType.U16,
          StorageType.F16,
          StorageType.BF16,
          StorageType.I32,
          StorageType.U32,
          StorageType.F32,
          StorageType.F64,
          StorageType.I64,
          StorageType.U64);

  private record Tensor(
      String name, StorageType type, long[] shape, long byteLength, TensorData data) {}

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));

  /** Adds a text to {@code __metadata__}. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param name unique
   * @param type a plain number type
   * @param shape outermost dimension first
   * @throws IllegalArgumentException for a name used before or a type that safetensors does not
   *     have
   */
  public SafetensorsWriter add(String name, StorageType type, long[] shape, TensorData data) {
    if (type.safetensorsName().isEmpty()) {
      throw new IllegalArgumentException("safetensors has no type " + type);
    }
    if (name.equals("__metadata__")) {
      throw new IllegalArgumentException("a tensor cannot be named __metadata__");
    }
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    if (tensors.put(name, new Tensor(name, type, shape.clone(), type.bytes(elements), data))
        != null) {
      throw new IllegalArgumentException("tensor " + name + " was added before");
    }
    return this;
  }

  /** Adds a tensor of 32-bit floats. */
  public SafetensorsWriter add(String name, float[] values, long... shape) {
    return add(
        name,
        StorageType.F32,
        shape,
        channel -> {
          int step = 1 << 16;
          ByteBuffer bytes =
              ByteBuffer.allocate(Math.min(values.length, step) * 4).order(ByteOrder.LITTLE_ENDIAN);
          for (int from = 0; from < values.length; from += step) {
            int count = Math.min(step, values.length - from);
            bytes.clear().asFloatBuffer().put(values, from, count);
            bytes.limit(count * 4);
            ReplacedFile.writeFully(channel, bytes);
          }
        });
  }

  /** Adds a tensor whose bytes are at hand; they are read from position to limit when written. */
  public SafetensorsWriter add(String name, StorageType type, long[] shape, ByteBuffer bytes) {
    return add(name, type, shape, channel -> ReplacedFile.writeFully(channel, bytes.duplicate()));
  }

  /**
   * Adds a tensor as it lies in another checkpoint (rows in the order of the file, so only for
   * {@link RowOrder#AS_IS}).
   */
  public SafetensorsWriter add(Checkpoint from, TensorEntry entry) {
    if (!entry.rowOrder().equals(RowOrder.AS_IS)) {
      throw new IllegalArgumentException(entry.name() + " has its rows in another order");
    }
    return add(
        entry.name(),
        entry.type(),
        entry.shape(),
        channel -> {
          for (long done = 0; done < entry.byteLength(); done += Checkpoint.MAX_SLICE) {
            int length = (int) Math.min(Checkpoint.MAX_SLICE, entry.byteLength() - done);
            ReplacedFile.writeFully(channel, from.bytes(entry, done, length));
          }
        });
  }

  /** Writes all tensors into one file, replacing it. */
  public void write(Path file) {
    writeFile(file, new ArrayList<>(tensors.values()));
  }

  /**
   * Writes a model folder's weights: {@code model.safetensors}, or shards of at most {@code
   * maxShardBytes} of data (a larger tensor has a shard of its own) with {@code
   * model.safetensors.index.json}.
   *
   * @return the files written
   */
  public List<Path> writeFolder(Path folder, long maxShardBytes) {
    if (maxShardBytes < 1) {
      throw new IllegalArgumentException("a shard needs at least one byte");
    }
    List<List<Tensor>> shards = shards(maxShardBytes);
    if (shards.size() == 1) {
      Path file = folder.resolve("model.safetensors");
      writeFile(file, shards.get(0));
      return List.of(file);
    }
    var files = new ArrayList<Path>();
    var shardOf = new TreeMap<String, String>();
    for (int i = 0; i < shards.size(); i++) {
      String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      writeFile(folder.resolve(name), shards.get(i));
      files.add(folder.resolve(name));
      shards.get(i).forEach(tensor -> shardOf.put(tensor.name(), name));
    }
    Path index = folder.resolve("model.safetensors.index.json");
    var json = StrictJson.MAPPER.createObjectNode();
    json.putObject("metadata")
        .put("total_size", tensors.values().stream().mapToLong(Tensor::byteLength).sum());
    var map = json.putObject("weight_map");
    shardOf.forEach(map::put);
    ReplacedFile.write(
        index,
        channel ->
            ReplacedFile.writeFully(
                channel,
                ByteBuffer.wrap(
                    StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json))));
    files.add(index);
    return files;
  }

  private List<List<Tensor>> shards(long maxShardBytes) {
    var shards = new ArrayList<List<Tensor>>();
    var shard = new ArrayList<Tensor>();
    long bytes = 0;
    for (Tensor tensor : tensors.values()) {
      if (!shard.isEmpty() && bytes + tensor.byteLength() > maxShardBytes) {
        shards.add(shard);
        shard = new ArrayList<>();
        bytes = 0;
      }
      shard.add(tensor);
      bytes += tensor.byteLength();
    }
    shards.add(shard);
    return shards;
  }

  private void writeFile(Path file, List<Tensor> unordered) {
    List<Tensor> ordered =
        unordered.stream()
            .sorted(
                Comparator.comparingInt((Tensor tensor) -> WIDTH_ORDER.indexOf(tensor.type()))
                    .reversed()
                    .thenComparing(Tensor::name, SafetensorsWriter::compareUtf8))
            .toList();
    ReplacedFile.write(
        file,
        channel -> {
          ReplacedFile.writeFully(channel, ByteBuffer.wrap(header(ordered)));
          for (Tensor tensor : ordered) {
            ReplacedFile.append(
                channel,
                file,
                "%s of %s %s"
                    .formatted(tensor.name(), tensor.type(), Arrays.toString(tensor.shape())),
                tensor.byteLength(),
                tensor.data());
          }
        });
  }

  private byte[] header(List<Tensor> ordered) throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(new byte[8]);
    try (JsonGenerator json = StrictJson.MAPPER.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      long offset = 0;
      for (Tensor tensor : ordered) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.type().safetensorsName().orElseThrow());
        json.writeFieldName("shape");
        json.writeArray(tensor.shape(), 0, tensor.shape().length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset + tensor.byteLength()}, 0, 2);
        json.writeEndObject();
        offset += tensor.byteLength();
      }
      json.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    byte[] header = bytes.toByteArray();
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length - 8L);
    return header;
  }

  private static int compareUtf8(String left, String right) {
    return Arrays.compareUnsigned(
        left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
  }
}
