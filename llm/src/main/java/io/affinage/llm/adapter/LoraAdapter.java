package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * LoRA matrices beside a decoder's linear layers, float32 whatever the base computes in. Holds
 * native memory until closed.
 */
public final class LoraAdapter implements Adapter {
  static final String TYPE = "lora";

  private static final int SCALING = 2 * LinearSlot.values().length;

  private final LoraConfig config;
  private final DecoderConfig base;
  private final List<LinearLayer> targets;
  private final LayerArrays arrays;

  /**
   * What was taken out of the base's weights for it; empty where they are as its files have them.
   */
  private final Optional<MatrixSource> taken;

  private LoraAdapter(
      LoraConfig config, Decoder decoder, MatrixSource source, Optional<MatrixSource> taken) {
    this.config = config;
    this.taken = taken;
    this.base = decoder.config();
    this.targets = base.targets(config.targetModules());
    this.arrays = new LayerArrays(decoder, SCALING + 1);
    arrays.putEverywhere(SCALING, decoder.hostScalar(config.scaling()));
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        for (Matrix matrix : Matrix.values()) {
          Shape shape = shape(config, target, matrix);
          arrays.addTrained(
              layer,
              index(target, matrix),
              key(base, layer, target, matrix),
              matrix.role,
              source.values(layer, target, matrix, shape),
              shape);
        }
      }
    }
  }

  /** The two matrices of a low-rank product. */
  public enum Matrix {
    A(AdapterParameter.Role.LOW_RANK_A),
    B(AdapterParameter.Role.LOW_RANK_B);

    private final AdapterParameter.Role role;

    Matrix(AdapterParameter.Role role) {
      this.role = role;
    }
  }

  /** Gives the initial values of each matrix, row-major. */
  @FunctionalInterface
  public interface MatrixSource {
    float[] values(int block, LinearLayer layer, Matrix matrix, Shape shape);
  }

  /**
   * A new adapter: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt 5, as PEFT does), B zero.
   *
   * @param seed the same seed gives the same bits
   */
  public static LoraAdapter initialise(Decoder decoder, LoraConfig config, long seed) {
    LoraInitialValues initial = new LoraInitialValues(seed);
    return of(
        decoder,
        config,
        (block, layer, matrix, shape) ->
            matrix == Matrix.A ? initial.a(shape) : new float[Math.toIntExact(shape.size())]);
  }

  /** An adapter with given values. */
  public static LoraAdapter of(Decoder decoder, LoraConfig config, MatrixSource source) {
    return new LoraAdapter(config, decoder, source, Optional.empty());
  }

  /**
   * An adapter with given values beside a base that something was taken out of.
   *
   * @param taken A and B of the product that the base's weights have lost
   */
  static LoraAdapter ofChanged(
      Decoder decoder, LoraConfig config, MatrixSource source, MatrixSource taken) {
    return new LoraAdapter(config, decoder, source, Optional.of(taken));
  }

  /** The shape of a matrix beside a layer. */
  static Shape shape(LoraConfig config, LinearLayer target, Matrix matrix) {
    return matrix == Matrix.A
        ? new Shape(config.rank(), target.in())
        : new Shape(target.out(), config.rank());
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

  private static int index(LinearLayer layer, Matrix matrix) {
    return 2 * layer.slot().ordinal() + matrix.ordinal();
  }

  /** A matrix of a block's layer, which must be a target. */
  public NDArray matrix(int block, LinearLayer layer, Matrix matrix) {
    return arrays.of(block).get(index(layer, matrix));
  }

  /** PEFT's key: {@code base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight}. */
  public static String key(DecoderConfig base, int block, LinearLayer layer, Matrix matrix) {
    return PeftNames.key(base, block, layer, "lora_" + matrix + ".weight");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<NDArray> block(int layer) {
    return arrays.of(layer);
  }

  @Override
  public List<AdapterParameter> parameters() {
    return arrays.parameters();
  }

  @Override
  public ObjectNode peftConfig(String baseModel) {
    return LoraPeft.write(unchanged() ? config : doubled(), base, targets, baseModel, false);
  }

  private boolean unchanged() {
    return taken.isEmpty();
  }

  /** Of twice the rank and the same scaling. */
  private LoraConfig doubled() {
    return new LoraConfig(
        2 * config.rank(),
        config.alpha() * (config.rankStabilized() ? Math.sqrt(2) : 2),
        config.dropout(),
        config.rankStabilized(),
        config.targetModules());
  }

  @Override
  public OptionalInt takenRank() {
    return unchanged() ? OptionalInt.empty() : OptionalInt.of(config.rank());
  }

  /**
   * Beside a base that something was taken out of: [A; A0] and [B, -B0], whose product is what was
   * learned, as PEFT converts such adapters for the base's own weights.
   */
  @Override
  public List<StoredArray> stored() {
    if (unchanged()) {
      return Adapter.super.stored();
    }
    List<StoredArray> stored = new ArrayList<>();
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        for (Matrix matrix : Matrix.values()) {
          float[] now = matrix(layer, target, matrix).toFloatArray();
          Shape one = shape(config, target, matrix);
          float[] away = taken.orElseThrow().values(layer, target, matrix, one);
          Shape both = shape(doubled(), target, matrix);
          stored.add(
              new StoredArray(
                  key(base, layer, target, matrix),
                  matrix == Matrix.A ? below(now, away) : beside(now, away, config.rank()),
                  both.getShape()));
        }
      }
    }
    return stored;
  }

  private static float[] below(float[] first, float[] second) {
    float[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static float[] beside(float[] first, float[] second, int columns) {
    float[] both = new float[first.length + second.length];
    for (int row = 0; row < first.length / columns; row++) {
      for (int column = 0; column < columns; column++) {
        both[2 * row * columns + column] = first[row * columns + column];
        both[(2 * row + 1) * columns + column] = -second[row * columns + column];
      }
    }
    return both;
  }

  @Override
  public Optional<String> nothingLearned() {
    if (!unchanged() && isAsTaken()) {
      return Optional.of("the adapter's matrices are those that it began with");
    }
    double norm = normOfB();
    return norm > 0 && Double.isFinite(norm)
        ? Optional.empty()
        : Optional.of("the adapter's B matrices have norm " + norm);
  }

  @Override
  public Optional<WeightUpdate> weightUpdate(int layer, LinearLayer linear) {
    if (!targets.contains(linear)) {
      return Optional.empty();
    }
    return Optional.of(
        WeightUpdate.sum(
            new LowRank(
                config.rank(),
                config.scaling(),
                matrix(layer, linear, Matrix.A).toFloatArray(),
                matrix(layer, linear, Matrix.B).toFloatArray())));
  }

  private boolean isAsTaken() {
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        for (Matrix matrix : Matrix.values()) {
          if (!Arrays.equals(
              matrix(layer, target, matrix).toFloatArray(),
              taken.orElseThrow().values(layer, target, matrix, shape(config, target, matrix)))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Frobenius norm over all B: 0 means that nothing was learned. */
  public double normOfB() {
    double sum = 0;
    for (AdapterParameter parameter : parameters()) {
      if (parameter.role() == AdapterParameter.Role.LOW_RANK_B) {
        for (float value : parameter.array().toFloatArray()) {
          sum += (double) value * value;
        }
      }
    }
    return Math.sqrt(sum);
  }

  @Override
  public void close() {
    arrays.close();
  }
}
