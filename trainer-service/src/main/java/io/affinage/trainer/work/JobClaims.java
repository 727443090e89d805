package io.affinage.trainer.work;

import io.affinage.events.TrainingSpec;
import io.affinage.trainer.job.Job;
import java.util.Optional;

/** Where workers agree on who runs which attempt. */
public interface JobClaims {

  /**
   * Claims a job's next attempt and waits for the verdict.
   *
   * @param spec the resolved specification to record with the claim; empty where the job has one
   * @return empty when the job is not to be had: another worker's claim came first, the job has
   *     ended, or claims cannot be made now
   */
  Optional<AttemptLease> claim(Job job, Optional<TrainingSpec> spec) throws InterruptedException;
}
