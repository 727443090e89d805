package io.affinage.events.lease;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The states of all jobs of a log, by folding its entries. Not thread-safe. */
public final class JobViews {
  private final Map<String, JobState> states = new HashMap<>();
  // Of jobs that have not ended, what would have another effect when it came again.
  private final Map<String, Set<String>> effective = new HashMap<>();

  /**
   * Applies the next entry of the log.
   *
   * @param eventId tells the entry's event from all others
   */
  public JobState.Transition apply(String eventId, JobEntry entry, Instant time) {
    JobState before = state(entry.jobId());
    if (effective.getOrDefault(entry.jobId(), Set.of()).contains(eventId)) {
      return new JobState.Transition(before, Verdict.DUPLICATE);
    }
    JobState.Transition transition = before.next(entry, time);
    states.put(entry.jobId(), transition.state());
    if (transition.state() instanceof JobState.Terminal) {
      effective.remove(entry.jobId());
    } else if (transition.verdict() == Verdict.ACCEPTED && hasAnotherEffectAgain(entry)) {
      effective.computeIfAbsent(entry.jobId(), absent -> new HashSet<>()).add(eventId);
    }
    return transition;
  }

  /** Attempts are numbered, and signs of life may come again; wishes and checkpoints may not. */
  private static boolean hasAnotherEffectAgain(JobEntry entry) {
    return entry instanceof JobEntry.ControlRequested || entry instanceof JobEntry.Checkpointed;
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
