package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.Nf4Tensors;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.WeightNames;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;
import io.affinage.llm.text.BpeTrainer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * A model folder of a shape whose linear layers are in NF4 with double quantization, as
 * bitsandbytes and transformers write it, with weights that nobody trained: random codes, scales by
 * which a matrix has a deviation of 0.02 (less by the root of 2 layers where it adds to the
 * residual stream, as initial weights have), bfloat16 embeddings of the same deviation, norms of
 * one. Its tokenizer is a byte-level one, trained on the text that will be learned.
 */
final class SyntheticModel {
  private static final double DEVIATION = 0.02;

  /**
   * Lengths of random bytes and numbers that are repeated; odd, so that no two rows begin alike.
   */
  private static final int CODES = (16 << 20) - 3;

  private static final int NUMBERS = (4 << 20) - 3;
  private static final long SHARD_BYTES = 4L << 30;
  private static final int TOKENS = 4096;
  private static final String MARK = "synthetic.json";
  private static final JsonMapper JSON = new JsonMapper();

  private final ModelShape shape;
  private final DecoderConfig config;
  private final ByteBuffer codes = ByteBuffer.allocateDirect(CODES);
  private final ByteBuffer numbers =
      ByteBuffer.allocateDirect(2 * NUMBERS).order(ByteOrder.LITTLE_ENDIAN);
  private final Map<Integer, byte[]> scaleCodes = new HashMap<>();
  private final LongConsumer written;

  /**
   * @param written is told how many more bytes of tensors are written
   */
  SyntheticModel(ModelShape shape, LongConsumer written) {
    this.shape = shape;
    this.config = DecoderConfig.of(new ModelMetadata(shape.name(), shape.config()));
    this.written = written;
  }

  /** Bytes of the weights' files, but for headers of some kilobytes. */
  long bytes() {
    long blocks = Nf4.blocks(shape.blockWeights());
    long block = Nf4.bytes(shape.blockWeights()) + blocks + blocks / 64;
    long embeddings = (shape.tiedHead() ? 1 : 2) * 2 * shape.headWeights();
    return shape.layers() * (block + 4L * shape.hidden()) + embeddings + 2L * shape.hidden();
  }

  /** Whether a folder holds the model of a shape, written to the end. */
  static boolean isIn(Path folder, ModelShape shape) {
    try {
      return Files.exists(folder.resolve(MARK))
          && Files.readString(folder.resolve(MARK)).equals(mark(shape).toString());
    } catch (IOException e) {
      return false;
    }
  }

  private static ObjectNode mark(ModelShape shape) {
    ObjectNode mark = JSON.createObjectNode().put("version", 1);
    mark.set("config", shape.config());
    return mark;
  }

  /** Where a folder is while it is written. */
  static Path part(Path folder) {
    return folder.resolveSibling(folder.getFileName() + ".part");
  }

  /**
   * Writes the folder, which gets its name when it is complete.
   *
   * @param text its tokenizer is trained on
   */
  void write(Path folder, String text) throws IOException {
    Path part = part(folder);
    Folders.remove(part);
    Files.createDirectories(part);
    fill();
    SafetensorsWriter writer = new SafetensorsWriter();
    WeightNames names = config.names();
    addNumbers(writer, names.embedding() + ".weight");
    Set<String> quantized =
        config.linears().stream().map(SyntheticModel::weight).collect(Collectors.toSet());
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (LinearLayer linear : config.linears()) {
        addMatrix(writer, names.block(layer) + weight(linear), linear);
      }
      for (BlockWeight weight : config.blockWeights()) {
        if (!quantized.contains(weight.path())) {
          addOnes(writer, names.block(layer) + weight.path(), weight.rows());
        }
      }
    }
    addOnes(writer, names.finalNorm() + ".weight", shape.hidden());
    if (!shape.tiedHead()) {
      addNumbers(writer, names.head() + ".weight");
    }
    writer.writeFolder(part, SHARD_BYTES);
    ObjectNode described = shape.config();
    Nf4Tensors.describe(described, true, "bfloat16");
    Files.write(part.resolve("config.json"), JSON.writeValueAsBytes(described));
    BpeTrainer.train(
            List.of(text), BpeTrainer.Settings.chatMl(Math.min(TOKENS, shape.vocabulary())))
        .writeTo(part);
    Files.writeString(part.resolve(MARK), mark(shape).toString());
    Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String weight(LinearLayer linear) {
    return linear.path() + ".weight";
  }

  private void fill() {
    Random random = new Random(1);
    byte[] bytes = new byte[CODES];
    random.nextBytes(bytes);
    codes.put(0, bytes);
    for (int i = 0; i < NUMBERS; i++) {
      float value = (float) (random.nextGaussian() * DEVIATION);
      numbers.putShort(2 * i, (short) (Float.floatToRawIntBits(value) >>> 16));
    }
  }

  private void addMatrix(SafetensorsWriter writer, String name, LinearLayer linear) {
    long elements = (long) linear.out() * linear.in();
    int blocks = Math.toIntExact(Nf4.blocks(elements));
    boolean residual = linear.path().endsWith("o_proj") || linear.path().endsWith("down_proj");
    double deviation = DEVIATION / (residual ? Math.sqrt(2.0 * shape.layers()) : 1);
    float mean = (float) (deviation / codebookDeviation());
    float[] magnitudes =
        new float[(blocks + BlockScales.Nested.BLOCK - 1) / BlockScales.Nested.BLOCK];
    Arrays.fill(magnitudes, 0.1f * mean);
    Nf4Tensors.add(
        writer,
        name,
        StorageType.BF16,
        new long[] {linear.out(), linear.in()},
        new BlockScales.Nested(
            scaleCodes.computeIfAbsent(blocks, SyntheticModel::scaleCodes), magnitudes, mean),
        channel -> repeat(channel, codes, start(name, CODES), Nf4.bytes(elements)));
  }

  private static byte[] scaleCodes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  /** Of the values of codes that are equally frequent. */
  private static double codebookDeviation() {
    double squares = 0;
    for (float value : Nf4.codebook()) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / 16);
  }

  private void addNumbers(SafetensorsWriter writer, String name) {
    writer.add(
        name,
        StorageType.BF16,
        new long[] {shape.vocabulary(), shape.hidden()},
        channel -> repeat(channel, numbers, 2 * start(name, NUMBERS), 2 * shape.headWeights()));
  }

  private static void addOnes(SafetensorsWriter writer, String name, int count) {
    ByteBuffer ones = ByteBuffer.allocate(2 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      ones.putShort(2 * i, (short) (Float.floatToRawIntBits(1f) >>> 16));
    }
    writer.add(name, StorageType.BF16, new long[] {count}, ones);
  }

  /** Where a tensor begins in what is repeated. */
  private static int start(String name, int length) {
    return Math.floorMod(name.hashCode() * 31, length);
  }

  private void repeat(WritableByteChannel channel, ByteBuffer source, int start, long count)
      throws IOException {
    int at = start;
    for (long left = count; left > 0; ) {
      int length = (int) Math.min(Math.min(left, source.capacity() - at), 4 << 20);
      ByteBuffer part = source.slice(at, length);
      while (part.hasRemaining()) {
        channel.write(part);
      }
      written.accept(length);
      left -= length;
      at = at + length == source.capacity() ? 0 : at + length;
    }
  }
}
