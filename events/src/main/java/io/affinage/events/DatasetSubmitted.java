package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A producer hands in a dataset. Type {@code io.affinage.dataset.submitted.v1}.
 *
 * @param submissionId chosen by the producer; submitting the same id again has no second effect
 * @param name a display name: letters, digits, {@code . _ -}, at most 100 characters
 * @param source where the rows are
 * @param format how the bytes are written; {@code AUTO} detects
 * @param layout how a row says what to learn; {@code AUTO} detects
 * @param split how rows are held out; null for the default
 * @param strict when true, one bad row rejects the dataset; otherwise bad rows go to quarantine
 * @param slip what shall happen with the dataset once it is ready; null or empty for nothing
 */
public record DatasetSubmitted(
    String submissionId,
    String name,
    DatasetSource source,
    @JsonProperty(defaultValue = "AUTO") DatasetFormat format,
    @JsonProperty(defaultValue = "AUTO") DatasetLayout layout,
    @Nullable SplitPolicy split,
    @JsonProperty(defaultValue = "false") boolean strict,
    @Nullable RoutingSlip slip)
    implements EventData {
  public DatasetSubmitted {
    format = format == null ? DatasetFormat.AUTO : format;
    layout = layout == null ? DatasetLayout.AUTO : layout;
  }

  @Override
  public String key() {
    return submissionId;
  }
}
