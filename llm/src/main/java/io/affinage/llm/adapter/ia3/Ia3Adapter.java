package io.affinage.llm.adapter.ia3;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.AdapterParameter.Role;
import io.affinage.llm.adapter.LayerArrays;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.adapter.PeftNames;
import io.affinage.llm.adapter.WeightUpdate;
import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * IA3's vectors: one beside each target layer, of ones at first. A vector [out, 1] scales what the
 * layer gives, without or with its bias alike; one of a feed-forward module [1, in] what it reads.
 */
public final class Ia3Adapter implements Adapter {
  static final String TYPE = "ia3";

  private static final Set<LinearSlot> WITH_INPUT_OF_THEIR_OWN =
      EnumSet.of(LinearSlot.O, LinearSlot.DOWN);

  private final Ia3Config config;
  private final DecoderConfig base;
  private final List<LinearLayer> targets;
  private final Set<LinearLayer> feedForward;
  private final LayerArrays arrays;

  private Ia3Adapter(Decoder decoder, Ia3Config config, ParameterSource source) {
    this.config = config;
    this.base = decoder.config();
    this.targets = base.targets(config.targetModules());
    this.feedForward =
        config.feedForwardModules().isEmpty()
            ? Set.of()
            : Set.copyOf(base.targets(config.feedForwardModules()));
    requireSeparateInputs(decoder);
    this.arrays = new LayerArrays(decoder, 2 * LinearSlot.values().length);
    for (int layer = 0; layer < base.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        boolean ofInput = feedForward.contains(target);
        Shape shape = ofInput ? new Shape(1, target.in()) : new Shape(target.out(), 1);
        String key = key(layer, target);
        arrays.addTrained(layer, index(target), key, Role.OTHER, source.values(key, shape), shape);
      }
    }
  }

  /**
   * Layers that lie stacked read one input.
   *
   * @throws LlmException {@code weight_form_unsupported}
   */
  private void requireSeparateInputs(Decoder decoder) {
    if (!decoder.form().packed()) {
      return;
    }
    for (LinearLayer layer : feedForward) {
      if (!WITH_INPUT_OF_THEIR_OWN.contains(layer.slot())) {
        throw new LlmException(
            "weight_form_unsupported",
            "IA3 scales what %s reads, which from %s weights it reads together with other layers: open the model as plain"
                .formatted(layer.path(), decoder.form().userName()));
      }
    }
  }

  /** Vectors of ones. */
  public static Ia3Adapter initialise(Decoder decoder, Ia3Config config) {
    return of(
        decoder,
        config,
        (key, shape) -> {
          float[] ones = new float[Math.toIntExact(shape.size())];
          Arrays.fill(ones, 1);
          return ones;
        });
  }

  /** An adapter with given values. */
  public static Ia3Adapter of(Decoder decoder, Ia3Config config, ParameterSource source) {
    return new Ia3Adapter(decoder, config, source);
  }

  public Ia3Config config() {
    return config;
  }

  private String key(int layer, LinearLayer target) {
    return PeftNames.key(base, layer, target, "ia3_l");
  }

  private int index(LinearLayer target) {
    return 2 * target.slot().ordinal() + (feedForward.contains(target) ? 1 : 0);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public Optional<String> fragment() {
    return Optional.of("adapter_ia3");
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
    return Ia3Type.write(config, targets, baseModel);
  }

  @Override
  public Optional<String> nothingLearned() {
    for (AdapterParameter parameter : parameters()) {
      for (float value : parameter.array().toFloatArray()) {
        if (value != 1) {
          return Optional.empty();
        }
      }
    }
    return Optional.of("all vectors of the adapter are ones");
  }

  @Override
  public Optional<WeightUpdate> weightUpdate(int layer, LinearLayer linear) {
    if (!targets.contains(linear)) {
      return Optional.empty();
    }
    float[] scale = arrays.of(layer).get(index(linear)).toFloatArray();
    float[] none = new float[0];
    return Optional.of(
        feedForward.contains(linear)
            ? new WeightUpdate(LowRank.NONE, none, scale, none)
            : new WeightUpdate(LowRank.NONE, scale, none, linear.bias() ? scale : none));
  }

  @Override
  public void close() {
    arrays.close();
  }
}
