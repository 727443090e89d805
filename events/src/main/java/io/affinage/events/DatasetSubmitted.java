package io.affinage.events;

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
    DatasetFormat format,
    DatasetLayout layout,
    SplitPolicy split,
    boolean strict,
    RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return submissionId;
  }
}
