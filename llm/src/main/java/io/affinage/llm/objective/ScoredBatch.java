package io.affinage.llm.objective;

import java.util.List;

/**
 * The groups of a step, or a part of them.
 *
 * @param groups whole ones
 * @param step sizes of the whole step, to divide by: what parts of a step give then adds up to what
 *     the step gives as one
 */
public record ScoredBatch(List<ScoredGroup> groups, Size step) {
  public ScoredBatch {
    groups = List.copyOf(groups);
  }

  /** A step as one. */
  public static ScoredBatch whole(List<ScoredGroup> groups) {
    int sequences =
        (int)
            groups.stream()
                .flatMap(group -> group.members().stream())
                .filter(member -> member.targets() > 0)
                .count();
    long targets =
        groups.stream()
            .flatMap(group -> group.members().stream())
            .mapToLong(ScoredSequence::targets)
            .sum();
    return new ScoredBatch(groups, new Size(groups.size(), sequences, targets));
  }

  /**
   * What a step holds, known before any of it is computed.
   *
   * @param sequences those of which a token is scored: what is masked counts in no mean
   * @param targets tokens that are scored
   */
  public record Size(int groups, int sequences, long targets) {}
}
