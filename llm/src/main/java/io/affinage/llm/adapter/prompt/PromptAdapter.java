package io.affinage.llm.adapter.prompt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.adapter.AdapterParameter.Role;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** The embeddings [virtual tokens, hidden] of virtual tokens; blocks stay as they are. */
public final class PromptAdapter implements Adapter {
  static final String TYPE = "prompt_tuning";

  private static final String KEY = "prompt_embeddings";

  private final PromptConfig config;
  private final Decoder decoder;
  private final BlockAdapter none;
  private final NDManager manager;
  private final NDArray rows;

  private PromptAdapter(Decoder decoder, PromptConfig config, ParameterSource source) {
    this.config = config;
    this.decoder = decoder;
    this.none = decoder.withoutAdapter();
    this.manager = decoder.manager().newSubManager();
    Shape shape = new Shape(config.virtualTokens(), decoder.shape().hiddenSize());
    try {
      this.rows = manager.create(source.values(KEY, shape), shape);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /**
   * Embeddings as the configuration says.
   *
   * @param seed the same seed gives the same bits
   */
  public static PromptAdapter initialise(Decoder decoder, PromptConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = config.virtualTokens();
    return of(
        decoder,
        config,
        (key, shape) -> {
          PromptInitialisation initial = config.initialisation();
          if (initial instanceof PromptInitialisation.Text text) {
            return decoder.embeddingRows(repeated(text.ids(), count));
          }
          if (initial instanceof PromptInitialisation.SampledVocabulary) {
            int vocabulary = decoder.shape().vocabularySize();
            return decoder.embeddingRows(random.ints(count, 0, vocabulary).toArray());
          }
          float[] values = new float[Math.toIntExact(shape.size())];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
          }
          return values;
        });
  }

  private static int[] repeated(int[] ids, int count) {
    int[] result = new int[count];
    for (int i = 0; i < count; i++) {
      result[i] = ids[i % ids.length];
    }
    return result;
  }

  /** An adapter with given values. */
  public static PromptAdapter of(Decoder decoder, PromptConfig config, ParameterSource source) {
    return new PromptAdapter(decoder, config, source);
  }

  public PromptConfig config() {
    return config;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<NDArray> block(int layer) {
    return none.block(layer);
  }

  @Override
  public Optional<NDArray> prompt() {
    return Optional.of(rows);
  }

  @Override
  public List<AdapterParameter> parameters() {
    return List.of(new AdapterParameter(KEY, AdapterParameter.BEFORE_BLOCKS, rows, Role.OTHER));
  }

  @Override
  public ObjectNode peftConfig(String baseModel) {
    return PromptType.write(config, decoder.shape(), baseModel);
  }

  @Override
  public Optional<String> beyondWeights() {
    return Optional.of("puts virtual tokens before every text");
  }

  @Override
  public void close() {
    manager.close();
  }
}
