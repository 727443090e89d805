package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;

/** One layout: how to take the normal form out of a row. */
interface RowLayout {

  DatasetLayout layout();

  /** What a row of this layout looks like, for people. */
  String needs();

  /** Whether the row looks like this layout, its values not yet checked. */
  boolean matches(ObjectNode fields);

  /**
   * The normal form, without an id.
   *
   * @throws BadRow when the row is not what the layout says
   */
  NormalRow normalise(LayoutRow row) throws BadRow;
}
