package io.affinage.llm.data;

import java.util.Objects;

/**
 * Two ways in which something goes on. Both begin with the same prompt; of a conversation the turns
 * of the prompt are masked.
 *
 * @param id names the pair in errors and reports
 * @param chosen with the better answer
 * @param rejected with the other
 */
public record PreferencePair(String id, Example chosen, Example rejected) {
  public PreferencePair {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(chosen, "chosen");
    Objects.requireNonNull(rejected, "rejected");
  }
}
