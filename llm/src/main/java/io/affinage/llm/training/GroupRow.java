package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.Decoder;
import java.util.List;

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
    return new GroupRow(
        groups,
        PrefixTreeRow.of(
            groups.stream()
                .flatMap(group -> group.members().stream())
                .map(member -> member.behind(virtual))
                .toList(),
            share,
            decoder.config()::lengthClass));
  }
}
