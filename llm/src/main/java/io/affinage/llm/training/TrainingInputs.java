package io.affinage.llm.training;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run learns from and works with.
 *
 * @param rows what a batch counts: an example alone, or several that are packed together (attention
 *     never crosses them); non-empty, each with at least one target token
 * @param heldOut measured during the run; needed where {@link Evaluation} asks for it
 * @param scratch a folder for files that live as long as the run; needed for paged optimizer state
 * @param origin what the model and the rows were made from, by name, such as {@code base} with its
 *     digest: checkpoints carry it, and a run does not go on from one that names another
 */
public record TrainingInputs(
    List<List<TokenizedExample>> rows,
    Optional<HeldOutLoss> heldOut,
    Optional<Path> scratch,
    Map<String, String> origin) {

  /**
   * @throws LlmException {@code no_training_examples}, {@code empty_loss_mask}
   */
  public TrainingInputs {
    rows = List.copyOf(rows);
    origin = Map.copyOf(origin);
    if (rows.isEmpty()) {
      throw new LlmException("no_training_examples", "there are no examples to train on");
    }
    for (List<TokenizedExample> row : rows) {
      if (targets(row) == 0) {
        throw new LlmException(
            "empty_loss_mask",
            "example "
                + row.get(0).id()
                + " has no target token: nothing would be learned from it");
      }
    }
  }

  /** Rows alone. */
  public static TrainingInputs of(List<List<TokenizedExample>> rows) {
    return new TrainingInputs(rows, Optional.empty(), Optional.empty(), Map.of());
  }

  /** Examples that each are a row of their own. */
  public static TrainingInputs ofExamples(List<TokenizedExample> examples) {
    return of(examples.stream().map(List::of).toList());
  }

  /** The same, evaluated during the run. */
  public TrainingInputs watching(HeldOutLoss loss) {
    return new TrainingInputs(rows, Optional.of(loss), scratch, origin);
  }

  /** The same with a folder for scratch files. */
  public TrainingInputs withScratch(Path folder) {
    return new TrainingInputs(rows, heldOut, Optional.of(folder), origin);
  }

  /** The same, made from what is named here. */
  public TrainingInputs from(Map<String, String> names) {
    return new TrainingInputs(rows, heldOut, scratch, names);
  }

  static int targets(List<TokenizedExample> row) {
    return row.stream().mapToInt(TokenizedExample::targetCount).sum();
  }

  static int tokens(List<TokenizedExample> row) {
    return row.stream().mapToInt(TokenizedExample::length).sum();
  }
}
