package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/**
 * LoRA matrices beside a decoder's linear layers, float32 whatever the base computes in. Holds
 * native memory until closed.
 */
public final class LoraAdapter implements BlockAdapter, AutoCloseable {
  private final LoraConfig config;
  private final NDManager manager;
  private final DecoderConfig base;
  private final List<LinearLayer> targets;
  private final List<List<NDArray>> blocks;

  private LoraAdapter(LoraConfig config, Decoder decoder, MatrixSource source) {
    this.config = config;
    this.manager = decoder.manager().newSubManager();
    this.base = decoder.config();
    this.targets = base.targets(config.targetModules());
    NDArray none = manager.create(new float[0], new Shape(0));
    NDArray scaling = decoder.hostScalar(config.scaling());
    this.blocks = new ArrayList<>();
    for (int block = 0; block < base.shape().layers(); block++) {
      NDArray[] arrays = new NDArray[2 * LinearSlot.values().length + 1];
      Arrays.fill(arrays, none);
      for (LinearLayer layer : targets) {
        int at = 2 * layer.slot().ordinal();
        Shape a = new Shape(config.rank(), layer.in());
        Shape b = new Shape(layer.out(), config.rank());
        arrays[at] = matrix(source.values(block, layer, Matrix.A, a), a);
        arrays[at + 1] = matrix(source.values(block, layer, Matrix.B, b), b);
      }
      arrays[arrays.length - 1] = scaling;
      blocks.add(List.of(arrays));
    }
  }

  /** The two matrices of a low-rank product. */
  public enum Matrix {
    A,
    B
  }

  /** Gives the initial values of each matrix, row-major. */
  @FunctionalInterface
  public interface MatrixSource {
    float[] values(int block, LinearLayer layer, Matrix matrix, Shape shape);
  }

  private NDArray matrix(float[] values, Shape shape) {
    return manager.create(values, shape);
  }

  /**
   * A new adapter: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt 5, as PEFT does), B zero.
   *
   * @param seed the same seed gives the same bits
   */
  public static LoraAdapter initialise(Decoder decoder, LoraConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return of(
        decoder,
        config,
        (block, layer, matrix, shape) -> {
          float[] values = new float[Math.toIntExact(shape.size())];
          if (matrix == Matrix.A) {
            double bound = 1 / Math.sqrt(shape.get(1));
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) random.nextDouble(-bound, bound);
            }
          }
          return values;
        });
  }

  /** An adapter with given values. */
  public static LoraAdapter of(Decoder decoder, LoraConfig config, MatrixSource source) {
    return new LoraAdapter(config, decoder, source);
  }

  public LoraConfig config() {
    return config;
  }

  /** The configuration of the model that it was made for. */
  public DecoderConfig base() {
    return base;
  }

  /** The linear layers that have an adapter, in slot order. */
  public List<LinearLayer> targets() {
    return targets;
  }

  /** A matrix of a block's layer, which must be a target. */
  public NDArray matrix(int block, LinearLayer layer, Matrix matrix) {
    return blocks.get(block).get(2 * layer.slot().ordinal() + matrix.ordinal());
  }

  @Override
  public List<NDArray> block(int layer) {
    return blocks.get(layer);
  }

  /** The trainable matrices of a block in kernel order: A and B of each target. */
  public List<NDArray> matrices(int block) {
    List<NDArray> arrays = blocks.get(block);
    return arrays.subList(0, arrays.size() - 1).stream()
        .filter(array -> array.getShape().size() > 0)
        .toList();
  }

  /** Visits every matrix with PEFT's key (adapter name stripped). */
  public void forEachMatrix(BiConsumer<String, NDArray> visitor) {
    for (int block = 0; block < blocks.size(); block++) {
      for (LinearLayer layer : targets) {
        for (Matrix matrix : Matrix.values()) {
          visitor.accept(key(base, block, layer, matrix), matrix(block, layer, matrix));
        }
      }
    }
  }

  /** PEFT's key: {@code base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight}. */
  public static String key(DecoderConfig base, int block, LinearLayer layer, Matrix matrix) {
    return AdapterNames.PREFIX
        + base.names().adaptedInBlock(block, layer.path())
        + ".lora_"
        + matrix
        + ".weight";
  }

  /** Frobenius norm over all B: 0 means that nothing was learned. */
  public double normOfB() {
    double[] sum = {0};
    forEachMatrix(
        (key, array) -> {
          if (key.endsWith(".lora_B.weight")) {
            for (float value : array.toFloatArray()) {
              sum[0] += (double) value * value;
            }
          }
        });
    return Math.sqrt(sum[0]);
  }

  @Override
  public void close() {
    manager.close();
  }
}
