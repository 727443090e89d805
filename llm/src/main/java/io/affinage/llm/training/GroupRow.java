package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import java.util.List;
import java.util.Optional;

/**
 * Groups laid out to be computed at once.
 *
 * @param groups whole ones
 * @param row a document for each member, in order
 */
record GroupRow(List<Group> groups, PrefixTreeRow row) {
  GroupRow {
    groups = List.copyOf(groups);
  }

  /**
   * Lays groups out.
   *
   * @param share whether sequences share the nodes of equal beginnings
   * @param virtual tokens of an adapter that stand before every sequence
   */
  static GroupRow of(List<Group> groups, Decoder decoder, boolean share, int virtual) {
    return of(groups, decoder, share, virtual, Optional.empty());
  }

  /**
   * Lays groups out.
   *
   * @param head says where a sequence gets its score; empty where target tokens are predicted
   */
  static GroupRow of(
      List<Group> groups, Decoder decoder, boolean share, int virtual, Optional<ScalarHead> head) {
    List<TokenizedExample> members =
        groups.stream()
            .flatMap(group -> group.members().stream())
            .map(member -> member.behind(virtual))
            .toList();
    return new GroupRow(
        groups,
        head.isPresent()
            ? head.get().row(members, share, decoder)
            : PrefixTreeRow.of(members, share, decoder.config()::lengthClass));
  }
}
