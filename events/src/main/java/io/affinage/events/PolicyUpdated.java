package io.affinage.events;

/**
 * All updates of an iteration are made. Type {@code io.affinage.policy.updated.v1}.
 *
 * @param iteration from 0
 * @param before digest of what is trained, as it sampled the iteration
 * @param after as it is now
 */
public record PolicyUpdated(
    String jobId, int attempt, String workerId, int iteration, String before, String after)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
