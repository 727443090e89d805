package io.affinage.dataset.ingest;

import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.SplitPolicy;
import java.util.Map;

/**
 * What shall be made of the rows.
 *
 * @param name letters, digits, {@code . _ -}, at most 100 characters
 * @param format null or AUTO detects
 * @param layout null or AUTO detects
 * @param columns renames from the file's column to the layout's; null for none
 * @param constants columns of the layout that every row gets, with their text; null for none
 * @param split null for the default
 * @param strict whether one bad row refuses the dataset
 */
public record IngestionRequest(
    String name,
    DatasetFormat format,
    DatasetLayout layout,
    Map<String, String> columns,
    Map<String, String> constants,
    SplitPolicy split,
    boolean strict) {

  public IngestionRequest {
    columns = columns == null ? Map.of() : Map.copyOf(columns);
    constants = constants == null ? Map.of() : Map.copyOf(constants);
    split = split == null ? SplitPolicy.DEFAULT : split;
  }
}
