package io.affinage.llm.objective;

import java.util.List;

/**
 * Sequences that are compared with each other: a pair, the completions of a prompt.
 *
 * @param members in the order in which the group was made
 */
public record ScoredGroup(List<ScoredSequence> members) {
  public ScoredGroup {
    members = List.copyOf(members);
  }
}
