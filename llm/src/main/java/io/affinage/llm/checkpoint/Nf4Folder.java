package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes a model's folder with its linear layers in NF4, as transformers saves one that
 * bitsandbytes quantized: the same tensors, and {@code quantization_config} in {@code config.json}.
 * Matrices are read twice, some rows at a time, once for their scales and once for their codes, so
 * memory holds the scales of one file and a few megabytes beside them.
 *
 * <p>Files are written into {@code TARGET.part} and the folder gets its name when it is complete.
 * What an earlier attempt has finished there, with the same source and settings, is not written
 * again.
 */
public final class Nf4Folder {
  /** The most bytes of a file of weights. */
  public static final long SHARD_BYTES = 2L << 30;

  private static final String PLAN = "quantizing.json";
  private static final int STEP = 1 << 20;

  private final Checkpoint source;
  private final Path sourceFolder;
  private final Map<String, Boolean> matrices;
  private final boolean nested;
  private final String computeType;
  private final long shardBytes;

  /** Is told of what was written. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param file that is complete
     * @param weights written so far, those of earlier attempts included
     * @param ofWeights all
     */
    void written(Path file, int weights, int ofWeights);
  }

  /**
   * @param source safetensors
   * @param sourceFolder its folder, whose other files are copied
   * @param matrices names of the matrices that are quantized, and whether they lie turned [in, out]
   * @param nested whether scales are quantized too
   * @param computeType in which readers shall compute: {@code bfloat16}, {@code float32} or {@code
   *     float16}
   * @param shardBytes the most bytes of a file of weights, as they are after quantization
   */
  public Nf4Folder(
      Checkpoint source,
      Path sourceFolder,
      Map<String, Boolean> matrices,
      boolean nested,
      String computeType,
      long shardBytes) {
    this.source = source;
    this.sourceFolder = sourceFolder;
    this.matrices = Map.copyOf(matrices);
    this.nested = nested;
    this.computeType = computeType;
    this.shardBytes = shardBytes;
  }

  /** Bytes of a tensor after quantization, but for the text that describes it. */
  private long bytes(String name) {
    TensorEntry entry = source.entry(name);
    if (!matrices.containsKey(name)) {
      return entry.byteLength();
    }
    long blocks = Nf4.blocks(entry.elements());
    return Nf4.bytes(entry.elements()) + (nested ? blocks + blocks / 64 + 1024 : 4 * blocks) + 256;
  }

  private List<List<String>> shards() {
    List<List<String>> shards = new ArrayList<>();
    List<String> shard = new ArrayList<>();
    long size = 0;
    for (String name : source.names()) {
      long bytes = bytes(name);
      if (!shard.isEmpty() && size + bytes > shardBytes) {
        shards.add(shard);
        shard = new ArrayList<>();
        size = 0;
      }
      shard.add(name);
      size += bytes;
    }
    shards.add(shard);
    return shards;
  }

  /**
   * Writes the folder.
   *
   * @param target a folder that does not exist or is empty
   * @throws LlmException {@code checkpoint_target_not_empty}, {@code checkpoint_not_written} (a
   *     full disk, said beforehand where it is known), {@code checkpoint_not_finite}, {@code
   *     checkpoint_quantization_unsupported}
   */
  public void write(Path target, Progress progress) {
    Path part =
        target.toAbsolutePath().resolveSibling(target.toAbsolutePath().getFileName() + ".part");
    try {
      requireEmpty(target);
      requireKnownTypes();
      prepare(part);
      List<List<String>> shards = shards();
      requireRoom(part, shards);
      TreeMap<String, String> shardOf = new TreeMap<>();
      long total = 0;
      int written = 0;
      for (int i = 0; i < shards.size(); i++) {
        Path file = part.resolve(name(i, shards.size()));
        if (!Files.exists(file)) {
          write(file, shards.get(i));
        }
        SafetensorsFile complete = SafetensorsFile.open(file);
        for (TensorEntry entry : complete.entries().values()) {
          shardOf.put(entry.name(), file.getFileName().toString());
          total += entry.byteLength();
        }
        written += shards.get(i).size();
        progress.written(file, written, source.names().size());
      }
      if (shards.size() > 1) {
        index(part, shardOf, total);
      }
      copyOthers(part);
      Files.delete(part.resolve(PLAN));
      Files.deleteIfExists(target);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written",
          "%s cannot be written: %s; what is finished stays in %s and is not written again"
              .formatted(target, e, part),
          e);
    }
  }

  private static void requireEmpty(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (Files.isDirectory(target)) {
      try (Stream<Path> inside = Files.list(target)) {
        if (inside.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw new LlmException(
        "checkpoint_target_not_empty",
        target + " is not an empty folder: name a new one, nothing is overwritten");
  }

  private void requireKnownTypes() {
    for (String name : matrices.keySet()) {
      TensorEntry entry = source.entry(name);
      boolean known =
          entry.type() == StorageType.F32
              || entry.type() == StorageType.BF16
              || entry.type() == StorageType.F16;
      if (!known || entry.shape().length != 2 || entry.elements() % 2 != 0) {
        throw new LlmException(
            "checkpoint_quantization_unsupported",
            "%s: %s cannot be quantized: matrices of F32, BF16 or F16 with an even number of elements can"
                .formatted(entry.file(), entry));
      }
    }
  }

  /** Makes the folder, or keeps what an attempt at the same has left in it. */
  private void prepare(Path part) throws IOException {
    ObjectNode plan = StrictJson.MAPPER.createObjectNode();
    plan.put("nested", nested).put("shard_bytes", shardBytes).put("compute", computeType);
    for (Path file : source.files()) {
      plan.putObject(file.toAbsolutePath().toString())
          .put("size", Files.size(file))
          .put("modified", Files.getLastModifiedTime(file).toMillis());
    }
    Path noted = part.resolve(PLAN);
    byte[] bytes = StrictJson.MAPPER.writeValueAsBytes(plan);
    if (Files.exists(noted) && Arrays.equals(Files.readAllBytes(noted), bytes)) {
      return;
    }
    if (Files.exists(part)) {
      try (Stream<Path> inside = Files.walk(part)) {
        for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    Files.createDirectories(part);
    Files.write(noted, bytes);
  }

  private void requireRoom(Path part, List<List<String>> shards) throws IOException {
    long needed = 0;
    for (int i = 0; i < shards.size(); i++) {
      if (!Files.exists(part.resolve(name(i, shards.size())))) {
        needed += shards.get(i).stream().mapToLong(this::bytes).sum();
      }
    }
    long there = Files.getFileStore(part).getUsableSpace();
    if (needed > there) {
      throw new LlmException(
          "checkpoint_not_written",
          "%s needs %d MiB, but its disk has %d MiB left: free some, or name a folder elsewhere"
              .formatted(part, needed >> 20, there >> 20));
    }
  }

  private static String name(int shard, int shards) {
    return shards == 1
        ? "model.safetensors"
        : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
  }

  private void write(Path file, List<String> names) {
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : names) {
      TensorEntry entry = source.entry(name);
      if (matrices.containsKey(name)) {
        add(writer, entry, matrices.get(name));
      } else {
        writer.add(source, entry);
      }
    }
    writer.write(file);
  }

  private void add(SafetensorsWriter writer, TensorEntry entry, boolean turned) {
    String name = entry.name();
    long[] stored = entry.shape();
    long[] shape = turned ? new long[] {stored[1], stored[0]} : stored;
    long elements = entry.elements();
    BlockScales.Plain scales =
        new BlockScales.Plain(new float[Math.toIntExact(Nf4.blocks(elements))]);
    encode(entry, turned, scales, packed -> {});
    Nf4Tensors.add(
        writer,
        name,
        entry.type(),
        shape,
        nested ? BlockScales.Nested.of(scales) : scales,
        channel ->
            encode(
                entry,
                turned,
                new BlockScales.Plain(new float[scales.count()]),
                packed -> ReplacedFile.writeFully(channel, packed)));
  }

  private interface Sink {
    void take(ByteBuffer packed) throws IOException;
  }

  /** Encodes a matrix some rows at a time. */
  private void encode(TensorEntry entry, boolean turned, BlockScales.Plain scales, Sink sink) {
    try {
      if (turned) {
        float[] all = turned(entry);
        encode(entry, all, all.length, 0, scales, sink);
        return;
      }
      long columns = entry.rowElements();
      long rows = Math.max(Nf4.BLOCK, STEP / columns / Nf4.BLOCK * Nf4.BLOCK);
      float[] values = new float[Math.toIntExact(Math.min(rows, entry.rows()) * columns)];
      for (long first = 0; first < entry.rows(); first += rows) {
        long some = Math.min(rows, entry.rows() - first);
        source.readRows(entry, first, some, FloatBuffer.wrap(values));
        encode(entry, values, (int) (some * columns), first * columns, scales, sink);
      }
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written",
          "%s in NF4 cannot be written: %s".formatted(entry.name(), e.getMessage()),
          e);
    }
  }

  private static void encode(
      TensorEntry entry, float[] values, int count, long at, BlockScales.Plain scales, Sink sink)
      throws IOException {
    byte[] packed = new byte[(int) Nf4.bytes(count)];
    int first = Math.toIntExact(at / Nf4.BLOCK);
    Nf4.encode(values, count, packed, scales.values(), first);
    for (int block = 0; block < Nf4.blocks(count); block++) {
      if (!Float.isFinite(scales.values()[first + block])) {
        throw new LlmException(
            "checkpoint_not_finite",
            "%s: tensor %s has a number that is not finite among its elements %d to %d: the file is damaged, or the training that wrote it diverged"
                .formatted(
                    entry.file(),
                    entry.name(),
                    at + (long) block * Nf4.BLOCK,
                    at + (block + 1L) * Nf4.BLOCK - 1));
      }
    }
    sink.take(ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN));
  }

  private float[] turned(TensorEntry entry) {
    float[] stored = source.readFloats(entry.name());
    int rows = (int) entry.rows();
    int columns = (int) entry.rowElements();
    float[] turned = new float[stored.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = stored[row * columns + column];
      }
    }
    return turned;
  }

  private static void index(Path part, Map<String, String> shardOf, long total) {
    ObjectNode json = StrictJson.MAPPER.createObjectNode();
    json.putObject("metadata").put("total_size", total);
    ObjectNode map = json.putObject("weight_map");
    shardOf.forEach(map::put);
    writeJson(part.resolve("model.safetensors.index.json"), json);
  }

  private static void writeJson(Path file, ObjectNode json) {
    ReplacedFile.write(
        file,
        (FileChannel channel) ->
            ReplacedFile.writeFully(
                channel,
                ByteBuffer.wrap(
                    StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json))));
  }

  /** The configuration, which says that weights are quantized, and what lies beside the weights. */
  private void copyOthers(Path part) throws IOException {
    ObjectNode config = source.config().json();
    Nf4Tensors.describe(config, nested, computeType);
    writeJson(part.resolve("config.json"), config);
    try (Stream<Path> files = Files.list(sourceFolder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = file.getFileName().toString();
        boolean belongs =
            name.matches(
                    "(tokenizer|special_tokens|added_tokens|generation_config|vocab|merges|chat_template).*")
                || name.equals("README.md")
                || name.startsWith("LICENSE");
        if (belongs) {
          Files.copy(file, part.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
