package io.affinage.reward.scoring.ifeval;

/** Whether a response follows one instruction. */
@FunctionalInterface
public interface Check {

  /**
   * @param response never blank
   */
  boolean isFollowed(String response);

  /** How often the response is gone over, for the budget. */
  default int passes() {
    return 1;
  }
}
