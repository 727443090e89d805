package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A dataset version exists in the artifact store. Type {@code io.affinage.dataset.ready.v1}; topic
 * compacted by submission.
 *
 * @param dataset the folder: {@code dataset.json} (report), {@code train.jsonl}, {@code
 *     validation.jsonl}, {@code test.jsonl} in the normal form of {@link NormalRow}, {@code
 *     quarantine.jsonl}; its digest is the dataset's version
 * @param layout the layout found
 * @param splits split name to its count of rows
 * @param slip what remains to be done with it
 * @param unusedColumns columns, and keys inside them ({@code messages[].train}), that hold values
 *     and are not read, to the count of rows; null where it was not counted
 * @param notes what was done to rows beyond reading them, or found in them, by stable code ({@code
 *     turns_merged}), to the count of rows; null where it was not counted
 * @param keep which answers of preference data were kept; null for rows as they are
 */
public record DatasetReady(
    String submissionId,
    String name,
    ArtifactRef dataset,
    DatasetLayout layout,
    DatasetCounts counts,
    Map<String, Long> splits,
    @Nullable RoutingSlip slip,
    @Nullable Map<String, Long> unusedColumns,
    @Nullable Map<String, Long> notes,
    @Nullable KeptAnswers keep)
    implements EventData {

  /** A dataset of which nothing more is told. */
  public DatasetReady(
      String submissionId,
      String name,
      ArtifactRef dataset,
      DatasetLayout layout,
      DatasetCounts counts,
      Map<String, Long> splits,
      @Nullable RoutingSlip slip) {
    this(submissionId, name, dataset, layout, counts, splits, slip, null, null, null);
  }

  @Override
  public String key() {
    return submissionId;
  }

  /** Whether its rows say which answers are better, rather than what to answer. */
  @JsonIgnore
  public boolean isPreference() {
    return keep == null
        && (layout == DatasetLayout.PREFERENCE || layout == DatasetLayout.UNPAIRED_PREFERENCE);
  }
}
