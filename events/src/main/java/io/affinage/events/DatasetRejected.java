package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * A dataset could not be used. Type {@code io.affinage.dataset.rejected.v1}.
 *
 * @param counts what was read before it was refused; null when nothing could be read
 */
public record DatasetRejected(
    String submissionId, String name, ErrorDetail error, @Nullable DatasetCounts counts)
    implements EventData {
  @Override
  public String key() {
    return submissionId;
  }
}
