package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * An iteration of a job was sampled, or a batch of one, and the answers are stored. Type {@code
 * io.affinage.rollouts.sampled.v1}. Of several for an iteration, policy and batch the last counts.
 *
 * @param iteration from 0
 * @param policy digest of what is trained, as it sampled
 * @param rollouts a safetensors file: prompts, settings and seed of the sampling, tokens,
 *     log-probabilities
 * @param completions answers in it
 * @param batch which of the iteration's batches these are, from 0; null for all its answers, and
 *     where it has only one batch
 */
public record RolloutsSampled(
    String jobId,
    int attempt,
    String workerId,
    int iteration,
    String policy,
    ArtifactRef rollouts,
    int completions,
    @Nullable Integer batch)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
