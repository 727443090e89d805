package io.affinage.llm.adapter.dora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.AdapterParameter.Role;
import io.affinage.llm.adapter.LayerArrays;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.LoraInitialValues;
import io.affinage.llm.adapter.LoraPeft;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.adapter.PeftNames;
import io.affinage.llm.adapter.WeightUpdate;
import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DoRA (Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation"): a layer's weight is W + s
 * B A with its rows scaled to learned lengths m. Belongs to the decoder that it was made for, since
 * the rows' own lengths depend on its weights.
 */
public final class DoraAdapter implements Adapter {
  static final String TYPE = "dora";

  private static final int A = 0;
  private static final int B = 1;
  private static final int MAGNITUDE = 2;
  private static final int LENGTH = 3;
  private static final int ARRAYS = 4;
  private static final int SCALING = ARRAYS * LinearSlot.values().length;

  private final LoraConfig config;
  private final Decoder decoder;
  private final DecoderConfig base;
  private final List<LinearLayer> targets;
  private final LayerArrays arrays;
  private List<List<NDArray>> withLengths = List.of();
  private NDManager lengths;

  private DoraAdapter(Decoder decoder, LoraConfig config, ParameterSource source) {
    this.config = config;
    this.decoder = decoder;
    this.base = decoder.config();
    this.targets = base.targets(config.targetModules());
    this.arrays = new LayerArrays(decoder, SCALING + 1);
    this.lengths = arrays.manager().newSubManager();
    arrays.putEverywhere(SCALING, decoder.hostScalar(config.scaling()));
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        add(source, layer, target, A, Role.LOW_RANK_A, new Shape(config.rank(), target.in()));
        add(source, layer, target, B, Role.LOW_RANK_B, new Shape(target.out(), config.rank()));
        add(source, layer, target, MAGNITUDE, Role.OTHER, new Shape(target.out()));
      }
    }
  }

  private void add(
      ParameterSource source, int layer, LinearLayer target, int part, Role role, Shape shape) {
    String key = key(layer, target, part);
    arrays.addTrained(layer, index(target, part), key, role, source.values(key, shape), shape);
  }

  /**
   * A as LoRA's, B zero, and lengths as the base's rows have them.
   *
   * @param decoder with plain weights
   * @param seed the same seed gives the same bits
   */
  public static DoraAdapter initialise(Decoder decoder, LoraConfig config, long seed) {
    LoraInitialValues lora = new LoraInitialValues(seed);
    DoraAdapter adapter =
        of(
            decoder,
            config,
            (key, shape) ->
                key.endsWith(suffix(A)) ? lora.a(shape) : new float[Math.toIntExact(shape.size())]);
    for (int layer = 0; layer < adapter.base.shape().layers(); layer++) {
      List<NDArray> measured = adapter.block(layer);
      for (LinearLayer target : adapter.targets) {
        decoder.assign(
            measured.get(index(target, MAGNITUDE)),
            measured.get(index(target, LENGTH)).toFloatArray());
      }
    }
    return adapter;
  }

  /** An adapter with given values. */
  public static DoraAdapter of(Decoder decoder, LoraConfig config, ParameterSource source) {
    return new DoraAdapter(decoder, config, source);
  }

  public LoraConfig config() {
    return config;
  }

  private String key(int layer, LinearLayer target, int part) {
    return PeftNames.key(base, layer, target, suffix(part));
  }

  private static String suffix(int part) {
    return switch (part) {
      case A -> "lora_A.weight";
      case B -> "lora_B.weight";
      default -> "lora_magnitude_vector";
    };
  }

  private static int index(LinearLayer target, int part) {
    return ARRAYS * target.slot().ordinal() + part;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public Optional<String> fragment() {
    return Optional.of("adapter_dora");
  }

  @Override
  public List<NDArray> trainingBlock(int layer) {
    return arrays.of(layer);
  }

  @Override
  public List<NDArray> block(int layer) {
    if (withLengths.isEmpty()) {
      withLengths = measured();
    }
    return withLengths.get(layer);
  }

  /** The arrays with the lengths of the rows of W + s B A in their places. */
  private List<List<NDArray>> measured() {
    List<List<NDArray>> result = new ArrayList<>();
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      List<NDArray> block = new ArrayList<>(arrays.of(layer));
      NDList computed = rowLengths(layer, block);
      for (LinearLayer target : targets) {
        block.set(index(target, LENGTH), computed.get(target.slot().ordinal()));
      }
      result.add(List.copyOf(block));
    }
    return result;
  }

  private NDList rowLengths(int layer, List<NDArray> block) {
    List<NDArray> weights = decoder.blocks().acquire(layer).arrays();
    try {
      return decoder.kernels(this).run(lengths, "dora_norms", weights, block);
    } finally {
      decoder.blocks().release(layer);
    }
  }

  @Override
  public void valuesChanged() {
    if (!withLengths.isEmpty()) {
      withLengths = List.of();
      lengths.close();
      lengths = arrays.manager().newSubManager();
    }
  }

  @Override
  public List<AdapterParameter> parameters() {
    return arrays.parameters();
  }

  @Override
  public ObjectNode peftConfig(String baseModel) {
    return LoraPeft.write(config, base, targets, baseModel, true);
  }

  @Override
  public Optional<String> nothingLearned() {
    boolean zero =
        parameters().stream()
            .filter(parameter -> parameter.role() == Role.LOW_RANK_B)
            .allMatch(parameter -> parameter.array().norm().getFloat() == 0);
    return zero ? Optional.of("all B matrices of the adapter are zero") : Optional.empty();
  }

  @Override
  public Optional<WeightUpdate> weightUpdate(int layer, LinearLayer linear) {
    if (!targets.contains(linear)) {
      return Optional.empty();
    }
    List<NDArray> block = block(layer);
    float[] factor = block.get(index(linear, MAGNITUDE)).toFloatArray();
    float[] length = block.get(index(linear, LENGTH)).toFloatArray();
    for (int i = 0; i < factor.length; i++) {
      factor[i] /= length[i];
    }
    LowRank product =
        new LowRank(
            config.rank(),
            config.scaling(),
            block.get(index(linear, A)).toFloatArray(),
            block.get(index(linear, B)).toFloatArray());
    float[] none = new float[0];
    return Optional.of(new WeightUpdate(product, factor, none, none));
  }

  @Override
  public void close() {
    arrays.close();
  }
}
