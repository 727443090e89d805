package io.affinage.events;

/**
 * The answers of an iteration have their scores. Type {@code io.affinage.rollouts.scored.v1}. Of
 * several for the same answers the first counts.
 *
 * @param iteration from 0
 * @param rollouts digest of the answers' file
 * @param scores a safetensors file: a score for each answer, in their order
 */
public record RolloutsScored(
    String jobId, int attempt, String workerId, int iteration, String rollouts, ArtifactRef scores)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
