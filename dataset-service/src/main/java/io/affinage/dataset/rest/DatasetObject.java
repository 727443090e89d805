package io.affinage.dataset.rest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.catalog.DatasetEntry;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.KeptAnswers;
import java.util.Map;

/**
 * A dataset as this service knows it.
 *
 * @param id the submission's
 * @param status {@code submitted}, {@code ready} or {@code rejected}
 * @param dataset the version; null when rejected
 * @param unusedColumns columns, and keys inside them, that hold values and are not read, to the
 *     count of rows; null when rejected
 * @param notes what was done to rows beyond reading them, or found in them, to the count of rows;
 *     null when rejected
 * @param keep which answers of preference data were kept; null for rows as they are
 * @param error why it was rejected; null when ready
 * @param report {@code dataset.json} of the version; only when one dataset is asked for
 */
public record DatasetObject(
    String id,
    String object,
    String name,
    String status,
    @JsonProperty("created_at") long createdAt,
    ArtifactRef dataset,
    DatasetLayout layout,
    DatasetCounts counts,
    Map<String, Long> splits,
    @JsonProperty("unused_columns") Map<String, Long> unusedColumns,
    Map<String, Long> notes,
    KeptAnswers keep,
    ErrorDetail error,
    JsonNode report) {

  /** One that was handed in and has not ended. */
  static DatasetObject submitted(DatasetSubmitted data, long createdAt) {
    return new DatasetObject(
        data.submissionId(),
        "dataset",
        data.name(),
        "submitted",
        createdAt,
        null,
        null,
        null,
        null,
        null,
        null,
        data.keep(),
        null,
        null);
  }

  static DatasetObject of(DatasetEntry entry, JsonNode report) {
    long createdAt = entry.at().getEpochSecond();
    if (entry instanceof DatasetEntry.Ready ready) {
      var data = ready.data();
      return new DatasetObject(
          data.submissionId(),
          "dataset",
          data.name(),
          "ready",
          createdAt,
          data.dataset(),
          data.layout(),
          data.counts(),
          data.splits(),
          data.unusedColumns(),
          data.notes(),
          data.keep(),
          null,
          report);
    }
    var data = ((DatasetEntry.Rejected) entry).data();
    return new DatasetObject(
        data.submissionId(),
        "dataset",
        data.name(),
        "rejected",
        createdAt,
        null,
        null,
        data.counts(),
        null,
        null,
        null,
        null,
        data.error(),
        null);
  }
}
