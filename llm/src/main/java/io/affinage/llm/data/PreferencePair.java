package io.affinage.llm.data;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Two ways in which something goes on. Both begin with the same prompt; of a conversation the turns
 * of the prompt are masked.
 *
 * @param id names the pair in errors and reports
 * @param chosen with the better answer
 * @param rejected with the other
 * @param margin by how much the better answer is better, where that is known
 */
public record PreferencePair(String id, Example chosen, Example rejected, OptionalDouble margin) {
  public PreferencePair {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(chosen, "chosen");
    Objects.requireNonNull(rejected, "rejected");
  }

  /** A pair of which no more is known. */
  public PreferencePair(String id, Example chosen, Example rejected) {
    this(id, chosen, rejected, OptionalDouble.empty());
  }
}
