package io.affinage.llm.training;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which weights of a model are trained, by their names in Hugging Face's files. A pattern is a name
 * in which {@code *} stands for any characters, for example {@code model.layers.2.*} or {@code
 * *norm*}.
 *
 * @param train patterns of what is trained
 * @param freeze patterns of what stays as it is although {@code train} has it
 */
public record WeightSelection(List<String> train, List<String> freeze) {
  /** Every weight. */
  public static final WeightSelection ALL = new WeightSelection(List.of("*"), List.of());

  public WeightSelection {
    train = List.copyOf(train);
    freeze = List.copyOf(freeze);
  }

  /** The last blocks, the final norm, and the head where it is not the embedding. */
  public static WeightSelection lastLayers(int count, DecoderConfig config) {
    int layers = config.shape().layers();
    if (count < 1 || count > layers) {
      throw new LlmException(
          "invalid_weight_selection",
          "the last %d layers cannot be trained: the model has %d".formatted(count, layers));
    }
    List<String> patterns = new ArrayList<>();
    for (int layer = layers - count; layer < layers; layer++) {
      patterns.add(config.names().blocks() + layer + ".*");
    }
    patterns.add(config.names().finalNorm() + ".*");
    if (!config.shape().tiedHead()) {
      patterns.add(config.names().head() + ".*");
    }
    return new WeightSelection(patterns, List.of());
  }

  /** The output head alone; where it is tied, that is the embedding too. */
  public static WeightSelection head(DecoderConfig config) {
    return config.shape().tiedHead()
        ? embeddings(config)
        : new WeightSelection(List.of(config.names().head() + ".*"), List.of());
  }

  /** The embedding alone, of tokens and of learned positions. */
  public static WeightSelection embeddings(DecoderConfig config) {
    List<String> patterns = new ArrayList<>(List.of(config.names().embedding() + ".*"));
    config.names().positions().ifPresent(name -> patterns.add(name + ".*"));
    return new WeightSelection(patterns, List.of());
  }

  /** The same with more left as it is. */
  public WeightSelection freezing(List<String> patterns) {
    List<String> all = new ArrayList<>(freeze);
    all.addAll(patterns);
    return new WeightSelection(train, all);
  }

  /**
   * The names that are trained.
   *
   * @param names all weights of the model
   * @throws LlmException {@code invalid_weight_selection} when a pattern fits nothing, or nothing
   *     is left to train
   */
  public Set<String> of(List<String> names) {
    Set<String> chosen = new LinkedHashSet<>();
    for (String pattern : train) {
      chosen.addAll(matching(pattern, names));
    }
    for (String pattern : freeze) {
      chosen.removeAll(matching(pattern, names));
    }
    if (chosen.isEmpty()) {
      throw new LlmException(
          "invalid_weight_selection",
          "no weight is left to train: %s are frozen of %s".formatted(freeze, train));
    }
    return chosen;
  }

  private static Set<String> matching(String pattern, List<String> names) {
    Pattern compiled =
        Pattern.compile(
            Arrays.stream(pattern.split("\\*", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*")));
    Set<String> found =
        names.stream()
            .filter(name -> compiled.matcher(name).matches())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (found.isEmpty()) {
      throw new LlmException(
          "invalid_weight_selection",
          "no weight's name fits '%s'; names are like %s"
              .formatted(pattern, names.stream().limit(12).toList()));
    }
    return found;
  }
}
