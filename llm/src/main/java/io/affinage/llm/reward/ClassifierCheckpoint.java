package io.affinage.llm.reward;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.GgufTokenizer;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.Architecture;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The body of a {@code ...ForSequenceClassification} with one label, as the language model that it
 * was made from: without the head of scores, and with the embedding for a head that nobody reads.
 */
final class ClassifierCheckpoint implements Checkpoint {
  /** The head's weight, [1, hidden]. */
  static final String SCORE = "score.weight";

  private final Checkpoint files;
  private final Architecture architecture;

  private ClassifierCheckpoint(Checkpoint files, Architecture architecture) {
    this.files = files;
    this.architecture = architecture;
  }

  /** Whether a model folder holds such a model. */
  static boolean isIn(Path folder) {
    return architecture(Checkpoint.open(folder)).isPresent();
  }

  /**
   * @throws LlmException {@code model_is_no_reward_model}; {@code reward_model_invalid} for a head
   *     of another form
   */
  static ClassifierCheckpoint open(Path folder) {
    Checkpoint files = Checkpoint.open(folder);
    Architecture architecture =
        architecture(files)
            .orElseThrow(
                () ->
                    new LlmException(
                        "model_is_no_reward_model",
                        "%s: %s has no head of scores; a reward model is a ...ForSequenceClassification with one label, or an adapter with a score beside its base"
                            .formatted(folder, files.config().architectures())));
    long hidden = files.config().positive("hidden_size", files.config().positive("n_embd", 1));
    long[] shape = files.entry(SCORE).shape();
    if (!Arrays.equals(shape, new long[] {1, hidden})) {
      throw new LlmException(
          "reward_model_invalid",
          "%s: %s is %s, and a reward model has one label, so [1, %d]"
              .formatted(folder, SCORE, Arrays.toString(shape), hidden));
    }
    return new ClassifierCheckpoint(files, architecture);
  }

  private static Optional<Architecture> architecture(Checkpoint files) {
    return files.config().architectures().stream().findFirst().flatMap(Architecture::ofClassifier);
  }

  /** The head's weight, [hidden]. */
  float[] score() {
    return files.readFloats(SCORE);
  }

  /** The padding token of the configuration. */
  OptionalInt padding() {
    return files
        .config()
        .field("pad_token_id")
        .map(id -> OptionalInt.of(id.asInt()))
        .orElse(OptionalInt.empty());
  }

  @Override
  public ModelMetadata config() {
    ModelMetadata config = files.config();
    ObjectNode json = config.json();
    json.putArray("architectures").add(architecture.className());
    json.put("tie_word_embeddings", true);
    return new ModelMetadata(config.source(), json);
  }

  @Override
  public Set<String> names() {
    Set<String> names = new TreeSet<>(files.names());
    names.remove(SCORE);
    return names;
  }

  @Override
  public TensorEntry entry(String name) {
    return files.entry(name);
  }

  @Override
  public List<Path> files() {
    return files.files();
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return files.tokenizer();
  }

  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    return files.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    files.readRows(entry, firstRow, rows, destination);
  }
}
