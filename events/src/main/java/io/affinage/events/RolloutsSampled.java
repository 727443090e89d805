package io.affinage.events;

/**
 * An iteration of a job was sampled, and its answers are stored. Type {@code
 * io.affinage.rollouts.sampled.v1}. Of several for an iteration and policy the first counts.
 *
 * @param iteration from 0
 * @param policy digest of what is trained, as it sampled
 * @param rollouts a safetensors file: prompts, settings and seed of the sampling, tokens,
 *     log-probabilities
 * @param completions answers in it
 */
public record RolloutsSampled(
    String jobId,
    int attempt,
    String workerId,
    int iteration,
    String policy,
    ArtifactRef rollouts,
    int completions)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
