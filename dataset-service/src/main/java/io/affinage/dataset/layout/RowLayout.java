package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.DatasetLayout;
import java.util.Set;

/** One layout: how to take the normal form out of a row. */
interface RowLayout {

  DatasetLayout layout();

  /** The columns that this layout reads; others are counted as unused. */
  Set<String> columns();

  /** What a row of this layout looks like, for people. */
  String needs();

  /** Whether the row looks like this layout, its values not yet checked. */
  boolean matches(ObjectNode fields);

  /**
   * @throws BadRow when the row is not what the layout says
   */
  io.affinage.events.NormalRow normalise(ObjectNode fields) throws BadRow;
}
