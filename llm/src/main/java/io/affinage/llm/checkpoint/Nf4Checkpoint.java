package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.quantization.Nf4;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * A checkpoint whose linear layers bitsandbytes quantized to NF4, as transformers saves it: seen as
 * the weights that there are, each with its own shape and the type {@link StorageType#NF4}; what
 * belongs to their quantization is no tensor of its own.
 */
final class Nf4Checkpoint implements Checkpoint {
  private static final String CONFIG = "quantization_config";
  private static final String STATE = ".quant_state.bitsandbytes__";
  private static final String SCALES = ".absmax";

  /** Elements decoded at a time. */
  private static final int CHUNK = 1 << 16;

  private final SafetensorsCheckpoint files;
  private final TreeMap<String, TensorEntry> entries = new TreeMap<>();
  private final Map<String, Weight> weights = new TreeMap<>();

  /** The last scales that were read: rows are asked for some at a time. */
  private volatile Read last;

  private record Read(TensorEntry entry, BlockScales scales) {}

  /** Where the arrays of a weight lie. */
  private record Weight(Nf4State state, TensorEntry scales, Optional<TensorEntry> magnitudes) {}

  private Nf4Checkpoint(SafetensorsCheckpoint files) {
    this.files = files;
    for (String name : files.names()) {
      entries.put(name, files.entry(name));
    }
    for (String name : files.names()) {
      int at = name.indexOf(STATE);
      if (at >= 0) {
        add(name.substring(0, at), files.entry(name));
      }
    }
    requireStates();
  }

  /** Scales that are left belong to a weight whose state is missing. */
  private void requireStates() {
    for (TensorEntry entry : entries.values()) {
      if (entry.name().endsWith(SCALES)) {
        String name = entry.name().substring(0, entry.name().length() - SCALES.length());
        throw new LlmException(
            "checkpoint_quantization_invalid",
            "%s has scales of %s, but no tensor %s, which says how it is quantized"
                .formatted(entry.file(), name, name + Nf4State.SUFFIX));
      }
    }
  }

  /**
   * The checkpoint itself where it has no such layer.
   *
   * @throws LlmException {@code checkpoint_quantization_unsupported}, {@code
   *     checkpoint_quantization_invalid}
   */
  static Checkpoint of(SafetensorsCheckpoint files) {
    for (String name : files.names()) {
      if (name.endsWith(".SCB")) {
        throw new LlmException(
            "checkpoint_quantization_unsupported",
            "%s: %s belongs to bitsandbytes' Int8 weights; of quantized safetensors NF4 is read"
                .formatted(files.entry(name).file(), name));
      }
    }
    return files.names().stream().anyMatch(name -> name.contains(STATE) || name.endsWith(SCALES))
        ? new Nf4Checkpoint(files)
        : files;
  }

  private void add(String name, TensorEntry stateEntry) {
    if (!stateEntry.name().endsWith(Nf4State.SUFFIX)) {
      throw new LlmException(
          "checkpoint_quantization_unsupported",
          "%s: tensor %s is of another type than NF4, which alone is read of bitsandbytes'"
              .formatted(stateEntry.file(), stateEntry.name()));
    }
    Nf4State state;
    try {
      state = Nf4State.of(all(stateEntry, StorageType.U8));
    } catch (IllegalArgumentException e) {
      throw new LlmException(
          "checkpoint_quantization_unsupported",
          "%s: %s %s".formatted(stateEntry.file(), stateEntry.name(), e.getMessage()),
          e);
    }
    TensorEntry packed = part(name, "");
    long elements = Math.multiplyExact(state.shape()[0], state.shape()[1]);
    if (elements % 2 != 0) {
      throw new LlmException(
          "checkpoint_quantization_unsupported",
          "%s: tensor %s has %d elements, an odd number".formatted(packed.file(), name, elements));
    }
    int blocks = Math.toIntExact(Nf4.blocks(elements));
    boolean nested = state.mean().isPresent();
    require(packed, StorageType.U8, Nf4.bytes(elements));
    TensorEntry scales = part(name, SCALES);
    require(scales, nested ? StorageType.U8 : StorageType.F32, blocks);
    requireMap(part(name, ".quant_map"), Nf4.codebook());
    Optional<TensorEntry> magnitudes = Optional.empty();
    if (nested) {
      magnitudes = Optional.of(part(name, ".nested_absmax"));
      require(magnitudes.get(), StorageType.F32, Nf4State.magnitudes(blocks));
      requireMap(part(name, ".nested_quant_map"), DynamicMap.values(true));
    }
    weights.put(name, new Weight(state, scales, magnitudes));
    entries.subMap(name + ".", name + "/").clear(); // '/' follows '.'
    entries.put(
        name,
        new TensorEntry(
            name,
            state.shape(),
            StorageType.NF4,
            RowOrder.AS_IS,
            packed.file(),
            packed.offset(),
            packed.byteLength()));
  }

  private TensorEntry part(String name, String suffix) {
    if (!files.contains(name + suffix)) {
      throw new LlmException(
          "checkpoint_quantization_invalid",
          "%s has the state of %s in NF4, but no tensor %s"
              .formatted(files.entry(name + Nf4State.SUFFIX).file(), name, name + suffix));
    }
    return files.entry(name + suffix);
  }

  private static void require(TensorEntry entry, StorageType type, long elements) {
    if (entry.type() != type || entry.elements() != elements) {
      throw new LlmException(
          "checkpoint_quantization_invalid",
          "%s: tensor %s has %d numbers of %s, but its quantization says %d of %s"
              .formatted(
                  entry.file(), entry.name(), entry.elements(), entry.type(), elements, type));
    }
  }

  private void requireMap(TensorEntry entry, float[] expected) {
    require(entry, StorageType.F32, expected.length);
    float[] found = files.readFloats(entry.name());
    for (int i = 0; i < expected.length; i++) {
      if (found[i] != expected[i]) {
        throw new LlmException(
            "checkpoint_quantization_unsupported",
            "%s: tensor %s has %s at %d where bitsandbytes 0.50 has %s"
                .formatted(entry.file(), entry.name(), found[i], i, expected[i]));
      }
    }
  }

  private byte[] all(TensorEntry entry, StorageType type) {
    if (entry.type() != type) {
      throw new IllegalArgumentException("is of " + entry.type());
    }
    byte[] bytes = new byte[Math.toIntExact(entry.byteLength())];
    copy(entry, 0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private float[] floats(TensorEntry entry) {
    float[] values = new float[Math.toIntExact(entry.elements())];
    ByteBuffer.wrap(all(entry, StorageType.F32))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }

  @Override
  public ModelMetadata config() {
    ModelMetadata config = files.config();
    ObjectNode json = config.json();
    json.remove(CONFIG);
    return new ModelMetadata(config.source(), json);
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    return entry == null ? files.entry(name) : entry;
  }

  @Override
  public List<Path> files() {
    return files.files();
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return Optional.empty();
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return files.bytes(entry, from, length);
  }

  @Override
  public BlockScales scales(TensorEntry entry) {
    Weight weight = weight(entry);
    if (weight.magnitudes().isEmpty()) {
      float[] values = floats(weight.scales());
      requireFinite(weight.scales(), values);
      return new BlockScales.Plain(values);
    }
    float[] magnitudes = floats(weight.magnitudes().get());
    requireFinite(weight.magnitudes().get(), magnitudes);
    return new BlockScales.Nested(
        all(weight.scales(), StorageType.U8),
        magnitudes,
        (float) weight.state().mean().orElseThrow());
  }

  @Override
  public boolean nestedScales(TensorEntry entry) {
    return weight(entry).magnitudes().isPresent();
  }

  private Weight weight(TensorEntry entry) {
    Weight weight = weights.get(entry.name());
    if (weight == null || entry.type() != StorageType.NF4) {
      throw new IllegalArgumentException(entry + " is not in NF4");
    }
    return weight;
  }

  private static void requireFinite(TensorEntry entry, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new LlmException(
            "checkpoint_not_finite",
            "%s: tensor %s has %s at [%d]: the file is damaged"
                .formatted(entry.file(), entry.name(), values[i], i));
      }
    }
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    if (entry.type() != StorageType.NF4) {
      files.readRows(entry, firstRow, rows, destination);
      return;
    }
    Objects.checkFromIndexSize(firstRow, rows, entry.rows());
    long first = firstRow * entry.rowElements();
    long count = Math.multiplyExact(rows, entry.rowElements());
    if (count > destination.remaining()) {
      throw new BufferOverflowException();
    }
    // An odd first element shares its byte with the one before.
    int odd = (int) (first % 2);
    BlockScales scales = scalesOf(entry);
    int base = destination.position();
    LongStream.range(0, (count + CHUNK - 1) / CHUNK)
        .parallel()
        .forEach(
            chunk -> {
              int from = Math.toIntExact(chunk * CHUNK);
              int length = (int) Math.min(CHUNK, count - from);
              float[] values = new float[length + odd];
              byte[] packed = new byte[(int) Nf4.bytes(values.length)];
              files.bytes(entry, (first + from - odd) / 2, packed.length).get(packed);
              Nf4.decode(packed, scales, first + from - odd, values.length, values, 0);
              destination.put(base + from, values, odd, length);
            });
    destination.position(base + (int) count);
  }

  private BlockScales scalesOf(TensorEntry entry) {
    Read read = last;
    if (read == null || !read.entry().equals(entry)) {
      read = new Read(entry, scales(entry));
      last = read;
    }
    return read.scales();
  }
}
