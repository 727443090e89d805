package io.affinage.llm.data;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Sequences that stay together: what a batch counts, and what no division of it takes apart. An
 * example alone, examples that are packed together (attention never crosses them), or answers that
 * an objective compares.
 *
 * @param members at least one
 * @param margin by how much the first of a pair is better, where that is known
 */
public record Group(List<TokenizedExample> members, OptionalDouble margin) {
  public Group {
    members = List.copyOf(members);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("a group needs a member");
    }
  }

  /** Sequences of which no more is known. */
  public Group(List<TokenizedExample> members) {
    this(members, OptionalDouble.empty());
  }

  /** An example alone. */
  public static Group of(TokenizedExample example) {
    return new Group(List.of(example));
  }

  /** The two answers of a preference. */
  public static Group pair(TokenizedExample chosen, TokenizedExample rejected) {
    return new Group(List.of(chosen, rejected));
  }

  /** The same, the first by so much better. */
  public Group withMargin(double better) {
    return new Group(members, OptionalDouble.of(better));
  }

  /** Names the group in errors: its members' names. */
  public String id() {
    return members.stream()
        .map(TokenizedExample::id)
        .distinct()
        .limit(8)
        .collect(Collectors.joining(", "));
  }

  /** Tokens of all members. */
  public int tokens() {
    return members.stream().mapToInt(TokenizedExample::length).sum();
  }

  /** Tokens of all members on which loss is taken. */
  public int targets() {
    return members.stream().mapToInt(TokenizedExample::targetCount).sum();
  }
}
