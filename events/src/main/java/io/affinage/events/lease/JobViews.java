package io.affinage.events.lease;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** The states of all jobs of a log, by folding its entries. Not thread-safe. */
public final class JobViews {
  private final Map<String, JobState> states = new HashMap<>();

  /** Applies the next entry of the log. */
  public JobState.Transition apply(JobEntry entry, Instant time) {
    JobState.Transition transition = state(entry.jobId()).next(entry, time);
    states.put(entry.jobId(), transition.state());
    return transition;
  }

  /** The state of a job; {@link JobState#initial()} for one the log does not mention. */
  public JobState state(String jobId) {
    return states.getOrDefault(jobId, JobState.initial());
  }

  /** A copy of all states by job. */
  public Map<String, JobState> snapshot() {
    return Map.copyOf(states);
  }
}
