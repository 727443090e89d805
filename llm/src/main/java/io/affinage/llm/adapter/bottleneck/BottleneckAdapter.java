package io.affinage.llm.adapter.bottleneck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.AdapterParameter.Role;
import io.affinage.llm.adapter.LayerArrays;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.adapter.PeftNames;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Two small layers with biases and a residual at one or two places of each block. The widening
 * layer begins with zeros, so that the model begins as its base.
 */
public final class BottleneckAdapter implements Adapter {
  static final String TYPE = "bottleneck";

  private static final int ACTIVATION = 8;
  private static final double DEVIATION = 0.02;

  private final BottleneckConfig config;
  private final LayerArrays arrays;

  /** The arrays of one place, in the order in which kernels have them. */
  private enum Part {
    DOWN("adapter_down.0.weight"),
    DOWN_BIAS("adapter_down.0.bias"),
    UP("adapter_up.weight"),
    UP_BIAS("adapter_up.bias");

    private final String key;

    Part(String key) {
      this.key = key;
    }

    private Shape shape(int hidden, int width) {
      return switch (this) {
        case DOWN -> new Shape(width, hidden);
        case DOWN_BIAS -> new Shape(width);
        case UP -> new Shape(hidden, width);
        case UP_BIAS -> new Shape(hidden);
      };
    }
  }

  private BottleneckAdapter(Decoder decoder, BottleneckConfig config, ParameterSource source) {
    this.config = config;
    this.arrays = new LayerArrays(decoder, ACTIVATION + 1);
    arrays.putEverywhere(ACTIVATION, decoder.hostScalar(config.nonLinearity().ordinal()));
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      if (config.afterAttention()) {
        add(source, decoder.config(), layer, 0, "attention_adapters.");
      }
      if (config.afterFeedForward()) {
        add(source, decoder.config(), layer, Part.values().length, "output_adapters.");
      }
    }
  }

  private void add(ParameterSource source, DecoderConfig base, int layer, int first, String place) {
    int hidden = base.shape().hiddenSize();
    for (Part part : Part.values()) {
      Shape shape = part.shape(hidden, config.width(hidden));
      String key = PeftNames.key(base, layer, place + part.key);
      arrays.addTrained(
          layer, first + part.ordinal(), key, Role.OTHER, source.values(key, shape), shape);
    }
  }

  /**
   * Narrowing weights normal with deviation 0.02, all else zeros.
   *
   * @param seed the same seed gives the same bits
   */
  public static BottleneckAdapter initialise(Decoder decoder, BottleneckConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return of(
        decoder,
        config,
        (key, shape) -> {
          float[] values = new float[Math.toIntExact(shape.size())];
          if (key.endsWith(Part.DOWN.key)) {
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (DEVIATION * random.nextGaussian());
            }
          }
          return values;
        });
  }

  /** An adapter with given values. */
  public static BottleneckAdapter of(
      Decoder decoder, BottleneckConfig config, ParameterSource source) {
    return new BottleneckAdapter(decoder, config, source);
  }

  public BottleneckConfig config() {
    return config;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public Optional<String> fragment() {
    return Optional.of("adapter_bottleneck");
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
    return BottleneckType.write(config, baseModel);
  }

  @Override
  public Optional<String> nothingLearned() {
    boolean zero =
        parameters().stream()
            .filter(parameter -> parameter.key().contains(".adapter_up."))
            .allMatch(parameter -> parameter.array().norm().getFloat() == 0);
    return zero ? Optional.of("all widening layers of the adapter are zero") : Optional.empty();
  }

  @Override
  public Optional<String> beyondWeights() {
    return Optional.of("adds layers of its own");
  }

  @Override
  public void close() {
    arrays.close();
  }
}
