package io.affinage.reward.scoring;

import io.affinage.reward.scoring.ifeval.Instruction;
import java.util.List;

/**
 * One completion to be scored.
 *
 * @param prompt what was asked; may be null where the reward does not look at it
 * @param completion what the model answered
 * @param reference the right answer; null where there is none
 * @param instructions what the completion was asked to follow; null where nothing is said of it
 * @param group those of one group are normalised together; null for the group without a name
 */
public record Candidate(
    String prompt,
    String completion,
    String reference,
    List<Instruction> instructions,
    String group) {

  /** A completion of which no instructions are known, of no group. */
  public Candidate(String prompt, String completion, String reference) {
    this(prompt, completion, reference, null, null);
  }
}
