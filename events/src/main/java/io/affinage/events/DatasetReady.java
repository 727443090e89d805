package io.affinage.events;

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
 */
public record DatasetReady(
    String submissionId,
    String name,
    ArtifactRef dataset,
    DatasetLayout layout,
    DatasetCounts counts,
    Map<String, Long> splits,
    @Nullable RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return submissionId;
  }
}
