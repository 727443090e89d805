package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run learns from and works with.
 *
 * @param groups what a batch counts: an example alone, several that are packed together (attention
 *     never crosses them), or answers that are compared; non-empty, each with at least one target
 *     token
 * @param aim what is minimised; empty for -log p of the target tokens
 * @param heldOut measured during the run; needed where {@link HeldOutEvaluation} asks for it
 * @param scratch a folder for files that live as long as the run; needed for paged optimizer state
 * @param origin what the model and the rows were made from, by name, such as {@code base} with its
 *     digest: checkpoints carry it, and a run does not go on from one that names another
 */
public record TrainingInputs(
    List<Group> groups,
    Optional<Aim> aim,
    Optional<HeldOutLoss> heldOut,
    Optional<Path> scratch,
    Map<String, String> origin) {

  /**
   * @throws LlmException {@code no_training_examples}, {@code empty_loss_mask}, {@code
   *     group_does_not_fit}
   */
  public TrainingInputs {
    groups = List.copyOf(groups);
    origin = Map.copyOf(origin);
    if (groups.isEmpty()) {
      throw new LlmException("no_training_examples", "there are no examples to train on");
    }
    for (Group group : groups) {
      if (group.targets() == 0) {
        throw new LlmException(
            "empty_loss_mask",
            "example "
                + group.members().get(0).id()
                + " has no target token: nothing would be learned from it");
      }
      aim.ifPresent(wanted -> wanted.objective().requireFit(group));
    }
  }

  /** Groups alone. */
  public static TrainingInputs of(List<Group> groups) {
    return new TrainingInputs(
        groups, Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
  }

  /** The same, with another aim than likely targets. */
  public TrainingInputs minimising(Aim wanted) {
    return new TrainingInputs(groups, Optional.of(wanted), heldOut, scratch, origin);
  }

  /** Examples that each are a group of their own. */
  public static TrainingInputs ofExamples(List<TokenizedExample> examples) {
    return of(examples.stream().map(Group::of).toList());
  }

  /** The same, evaluated during the run. */
  public TrainingInputs watching(HeldOutLoss loss) {
    return new TrainingInputs(groups, aim, Optional.of(loss), scratch, origin);
  }

  /** The same with a folder for scratch files. */
  public TrainingInputs withScratch(Path folder) {
    return new TrainingInputs(groups, aim, heldOut, Optional.of(folder), origin);
  }

  /** The same, made from what is named here. */
  public TrainingInputs from(Map<String, String> names) {
    return new TrainingInputs(groups, aim, heldOut, scratch, names);
  }
}
