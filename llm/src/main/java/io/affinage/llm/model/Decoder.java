package io.affinage.llm.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A decoder's weights on a device, and the kernels compiled for its shape. Holds native memory
 * until closed. Not safe for use by several threads at once.
 */
public final class Decoder implements AutoCloseable {
  private static final List<String> FRAGMENTS =
      List.of("tensors", "decoder", "head", "generation", "optimizer");

  /** Targets whose logits exist at the same time in a loss. */
  private static final int HEAD_CHUNK = 128;

  private final DecoderShape shape;
  private final Precision precision;
  private final NDManager manager;
  private final Kernels kernels;
  private final NDArray embedding;
  private final List<BlockWeights> blocks;
  private final NDArray norm;
  private final NDArray head;
  private final NDArray ropeFrequencies;
  private final NDManager host;
  private final List<NDArray> noAdapter;

  private Decoder(
      DecoderShape shape,
      Precision precision,
      NDManager manager,
      Kernels kernels,
      WeightSource source) {
    this.shape = shape;
    this.precision = precision;
    this.manager = manager;
    this.kernels = kernels;
    this.host = manager.newSubManager(Device.cpu());
    Shape vocabulary = new Shape(shape.vocabularySize(), shape.hiddenSize());
    this.embedding = source.load("model.embed_tokens.weight", vocabulary);
    this.blocks = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      List<NDArray> arrays = new ArrayList<>();
      for (int i = 0; i < BlockWeights.NAMES.size(); i++) {
        arrays.add(source.load(BlockWeights.name(layer, i), weightShape(shape, i)));
      }
      blocks.add(new BlockWeights(arrays));
    }
    this.norm = source.load("model.norm.weight", new Shape(shape.hiddenSize()));
    this.head = shape.tiedHead() ? embedding : source.load("lm_head.weight", vocabulary);
    this.ropeFrequencies = manager.create(frequencies(shape));
    NDArray none = manager.create(new float[0], new Shape(0));
    List<NDArray> arrays = new ArrayList<>();
    for (int i = 0; i < 2 * LinearLayer.values().length; i++) {
      arrays.add(none);
    }
    arrays.add(hostScalar(1));
    this.noAdapter = List.copyOf(arrays);
  }

  /** Gives the weights of a decoder by Hugging Face's names. */
  @FunctionalInterface
  public interface WeightSource {
    /**
     * The array of this name on the decoder's device and in its precision, owned by its manager.
     */
    NDArray load(String name, Shape shape);
  }

  /** Makes the source of weights once manager and kernels exist. */
  @FunctionalInterface
  public interface SourceFactory {
    WeightSource open(NDManager manager, Kernels kernels);
  }

  /**
   * Loads a decoder.
   *
   * @param parent decides the device
   */
  public static Decoder create(
      NDManager parent, DecoderShape shape, Precision precision, SourceFactory source) {
    NDManager manager = parent.newSubManager();
    try {
      Map<String, Object> attributes = new LinkedHashMap<>();
      attributes.put("heads", shape.heads());
      attributes.put("kv_heads", shape.kvHeads());
      attributes.put("head_dim", shape.headDim());
      attributes.put("eps", shape.rmsNormEps());
      attributes.put("chunk", HEAD_CHUNK);
      attributes.put("precision", precision.torchCode());
      Kernels kernels = Kernels.compile(manager, attributes, FRAGMENTS);
      return new Decoder(shape, precision, manager, kernels, source.open(manager, kernels));
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static Shape weightShape(DecoderShape shape, int index) {
    for (LinearLayer layer : LinearLayer.values()) {
      if (layer.weightIndex() == index) {
        return new Shape(layer.out(shape), layer.in(shape));
      }
    }
    return new Shape(shape.hiddenSize());
  }

  /**
   * Rotary frequencies theta^(-2i/d), [headDim / 2] (Su et al. 2021), rounded where the reference
   * rounds: a position multiplies the last bit.
   */
  private static float[] frequencies(DecoderShape shape) {
    float[] frequency = new float[shape.headDim() / 2];
    for (int i = 0; i < frequency.length; i++) {
      frequency[i] = 1f / (float) Math.pow(shape.ropeTheta(), 2f * i / shape.headDim());
    }
    return frequency;
  }

  public DecoderShape shape() {
    return shape;
  }

  public Precision precision() {
    return precision;
  }

  public Kernels kernels() {
    return kernels;
  }

  /**
   * A scalar that kernels read as a number: on the CPU, so that reading it never waits for the
   * device.
   */
  public NDArray hostScalar(double value) {
    return host.create(value);
  }

  /** Numbers that kernels read on the CPU, [values] float64; attached to {@code scope}. */
  public NDArray hostVector(NDManager scope, double... values) {
    NDArray array = host.create(values);
    array.attach(scope);
    return array;
  }

  /** Owns the weights; its children die with the decoder. */
  public NDManager manager() {
    return manager;
  }

  /** [vocabulary, hidden] */
  public NDArray embedding() {
    return embedding;
  }

  public List<BlockWeights> blocks() {
    return blocks;
  }

  /** The final norm [hidden]. */
  public NDArray norm() {
    return norm;
  }

  /** [vocabulary, hidden]; the embedding itself when tied. */
  public NDArray head() {
    return head;
  }

  /** Rotary frequencies [headDim / 2], float32. */
  public NDArray ropeFrequencies() {
    return ropeFrequencies;
  }

  /** The adapter that changes nothing. */
  public BlockAdapter withoutAdapter() {
    return layer -> noAdapter;
  }

  /** Visits every weight with its Hugging Face name, each once. */
  public void forEachWeight(BiConsumer<String, NDArray> visitor) {
    visitor.accept("model.embed_tokens.weight", embedding);
    for (int layer = 0; layer < blocks.size(); layer++) {
      for (int i = 0; i < BlockWeights.NAMES.size(); i++) {
        visitor.accept(BlockWeights.name(layer, i), blocks.get(layer).arrays().get(i));
      }
    }
    visitor.accept("model.norm.weight", norm);
    if (!shape.tiedHead()) {
      visitor.accept("lm_head.weight", head);
    }
  }

  /** Copies an array to the heap as float32, whatever its type. */
  public float[] toFloats(NDArray array) {
    try (NDManager scope = manager.newSubManager()) {
      NDList converted = kernels.run(scope, "as_float32", array);
      return converted.singletonOrThrow().toFloatArray();
    }
  }

  /** Overwrites an array with float32 values, row-major, keeping its type. */
  public void assign(NDArray target, float[] values) {
    try (NDManager scope = manager.newSubManager()) {
      kernels.run(scope, "assign", target, scope.create(values, target.getShape()));
    }
  }

  /** Converts to this decoder's precision; the result belongs to {@code scope}. */
  public NDArray toPrecision(NDManager scope, NDArray array) {
    return kernels.differentiable(scope, "to_precision", array).singletonOrThrow();
  }

  /** Token ids or positions as a tensor [n] int64. */
  public static NDArray indices(NDManager scope, int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    NDArray array = scope.create(wide);
    if (array.getDataType() != DataType.INT64) {
      throw new IllegalStateException("indices must be int64");
    }
    return array;
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
  }
}
