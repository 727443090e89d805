package io.affinage.reward.scoring;

/**
 * One completion to be scored.
 *
 * @param prompt what was asked; may be null where the reward does not look at it
 * @param completion what the model answered
 * @param reference the right answer; null where there is none
 */
public record Candidate(String prompt, String completion, String reference) {}
