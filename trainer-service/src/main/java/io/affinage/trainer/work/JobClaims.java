package io.affinage.trainer.work;

import java.util.Optional;

/** Where workers agree on who runs which attempt. */
public interface JobClaims {

  /**
   * Claims an attempt and waits for the verdict.
   *
   * @return empty when another worker's claim came first or the job has ended
   */
  Optional<Tenure> claim(String jobId, int attempt) throws InterruptedException;
}
