package io.affinage.dataset.ingest;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import io.affinage.events.SplitPolicy;
import java.util.List;
import java.util.Map;

/**
 * {@code dataset.json} of a dataset version. Holds nothing of when and for whom it was made, so
 * that the same input gives the same bytes.
 *
 * @param format null for inline rows
 * @param splits split name to its count of rows
 * @param reasons quarantined rows by reason code
 * @param unusedColumns rows with a value in a column, or a key inside one, that the layout does not
 *     read, by name
 * @param notes what was done to rows beyond reading them, or found in them, to the count of rows
 * @param constants columns that every row got; null for none
 * @param encoding as it was named; null where it was not
 * @param separator as it was named; null where it was not
 * @param keep which answers of preference data were kept; null for rows as they are
 * @param firstFaults the first quarantined rows
 * @param split how rows were held out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DatasetReport(
    String name,
    DatasetFormat format,
    DatasetLayout layout,
    DatasetCounts counts,
    Map<String, Long> splits,
    Map<String, Long> reasons,
    Map<String, Long> unusedColumns,
    Map<String, Long> notes,
    Map<String, String> columns,
    Map<String, String> constants,
    String encoding,
    String separator,
    KeptAnswers keep,
    List<QuarantinedRow> firstFaults,
    SplitPolicy split,
    boolean strict) {}
