package io.affinage.events;

/**
 * Which answers of preference data are kept, as rows that supervised fine-tuning learns from. The
 * others are left out and counted.
 */
public enum KeptAnswers {
  /** Of unpaired preference, the answers that are labelled true. */
  DESIRABLE,
  /** Of preference pairs, the chosen answers. */
  CHOSEN
}
