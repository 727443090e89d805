package io.affinage.llm.adapter.prefix;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.AdapterParameter.Role;
import io.affinage.llm.adapter.LayerArrays;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.adapter.StoredArray;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RowBlocks;
import io.affinage.llm.model.config.DecoderShape;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Keys and values [virtual tokens, kvHeads * headDim] of virtual tokens at each layer. PEFT stores
 * all in one array [virtual tokens, layers * 2 * kvHeads * headDim]: of each layer keys, then
 * values.
 */
public final class PrefixAdapter implements Adapter {
  static final String TYPE = "prefix_tuning";

  private static final String KEY = "prompt_embeddings";
  private static final int KEYS = 0;
  private static final int VALUES = 1;
  private static final int ARRAYS = 2;

  private final PrefixConfig config;
  private final Decoder decoder;
  private final LayerArrays arrays;
  private final NDArray nothing;

  private PrefixAdapter(Decoder decoder, PrefixConfig config, ParameterSource source) {
    this.config = config;
    this.decoder = decoder;
    int width = width(decoder.shape());
    float[] all = source.values(KEY, shape(decoder.shape(), config));
    this.arrays = new LayerArrays(decoder, ARRAYS);
    Shape shape = new Shape(config.virtualTokens(), width);
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      for (int part = KEYS; part <= VALUES; part++) {
        float[] values = new float[Math.toIntExact(shape.size())];
        copy(all, values, layer, part, false);
        String key = KEY + "." + layer + (part == KEYS ? ".keys" : ".values");
        arrays.addTrained(layer, part, key, Role.OTHER, values, shape);
      }
    }
    // What blocks compute of virtual tokens is read by nobody.
    this.nothing =
        decoder.toPrecision(
            arrays.manager(),
            arrays
                .manager()
                .zeros(new Shape(config.virtualTokens(), decoder.shape().hiddenSize())));
  }

  private static int width(DecoderShape shape) {
    return shape.kvHeads() * shape.headDim();
  }

  private static Shape shape(DecoderShape shape, PrefixConfig config) {
    return new Shape(config.virtualTokens(), (long) shape.layers() * ARRAYS * width(shape));
  }

  /** Copies a layer's keys or values out of the array of all, or back. */
  private void copy(float[] all, float[] part, int layer, int which, boolean back) {
    int width = width(decoder.shape());
    int row = decoder.shape().layers() * ARRAYS * width;
    for (int token = 0; token < config.virtualTokens(); token++) {
      int at = token * row + (ARRAYS * layer + which) * width;
      if (back) {
        System.arraycopy(part, token * width, all, at, width);
      } else {
        System.arraycopy(all, at, part, token * width, width);
      }
    }
  }

  /**
   * Keys and values that begin so.
   *
   * @param seed the same seed gives the same bits
   */
  public static PrefixAdapter initialise(
      Decoder decoder, PrefixConfig config, PrefixInitialisation initial, long seed) {
    PrefixAdapter adapter =
        of(
            decoder,
            config,
            (key, shape) -> {
              float[] values = new float[Math.toIntExact(shape.size())];
              if (initial instanceof PrefixInitialisation.Random) {
                SplittableRandom random = new SplittableRandom(seed);
                for (int i = 0; i < values.length; i++) {
                  values[i] = (float) random.nextGaussian();
                }
              }
              return values;
            });
    if (initial instanceof PrefixInitialisation.Text text) {
      adapter.read(text.ids());
    }
    if (initial instanceof PrefixInitialisation.SampledVocabulary) {
      int vocabulary = decoder.shape().vocabularySize();
      adapter.read(
          new SplittableRandom(seed).ints(config.virtualTokens(), 0, vocabulary).toArray());
    }
    return adapter;
  }

  private void read(int[] text) {
    int[] ids = new int[config.virtualTokens()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = text[i % text.length];
    }
    List<List<float[]>> computed = RowBlocks.keysAndValues(decoder, ids);
    for (int layer = 0; layer < computed.size(); layer++) {
      decoder.assign(arrays.of(layer).get(KEYS), computed.get(layer).get(0));
      decoder.assign(arrays.of(layer).get(VALUES), computed.get(layer).get(1));
    }
  }

  /** An adapter with given values. */
  public static PrefixAdapter of(Decoder decoder, PrefixConfig config, ParameterSource source) {
    return new PrefixAdapter(decoder, config, source);
  }

  public PrefixConfig config() {
    return config;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public Optional<String> fragment() {
    return Optional.of("adapter_prefix");
  }

  @Override
  public List<NDArray> block(int layer) {
    return arrays.of(layer);
  }

  @Override
  public Optional<NDArray> prompt() {
    return Optional.of(nothing);
  }

  @Override
  public boolean readsTokens() {
    return true;
  }

  @Override
  public List<AdapterParameter> parameters() {
    return arrays.parameters();
  }

  @Override
  public List<StoredArray> stored() {
    Shape shape = shape(decoder.shape(), config);
    float[] all = new float[Math.toIntExact(shape.size())];
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      for (int part = KEYS; part <= VALUES; part++) {
        copy(all, arrays.of(layer).get(part).toFloatArray(), layer, part, true);
      }
    }
    return List.of(new StoredArray(KEY, all, shape.getShape()));
  }

  @Override
  public ObjectNode peftConfig(String baseModel) {
    return PrefixType.write(config, decoder.shape(), baseModel);
  }

  @Override
  public Optional<String> beyondWeights() {
    return Optional.of("puts keys and values before those of every text");
  }

  @Override
  public void close() {
    arrays.close();
  }
}
