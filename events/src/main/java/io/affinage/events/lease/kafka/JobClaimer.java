package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.LeaseLostException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;

/**
 * Claims jobs for one worker.
 *
 * @param connection bootstrap servers and security
 * @param events makes the claims
 * @param workerId names this process; a restarted one has another id
 * @param lease silence after which another worker may take over; several heartbeats long
 */
public record JobClaimer(
    Map<String, Object> connection,
    JobLog log,
    JobLogReader reader,
    JobLogWriter writer,
    EventFactory events,
    String workerId,
    Duration lease) {
  private static final Duration CATCH_UP = Duration.ofSeconds(60);

  /** Copies the connection. */
  public JobClaimer {
    connection = Map.copyOf(connection);
  }

  /**
   * As {@link #claim(Event, ClaimForm)} with the log's plain claim.
   *
   * @throws JobLogUnavailableException when the broker is away
   */
  public Optional<JobAttempt> claim(Event<?> request) {
    return claim(request, log::claim);
  }

  /** Makes the event that claims an attempt. */
  @FunctionalInterface
  public interface ClaimForm {
    /** The claim of this attempt. */
    EventData of(String jobId, int attempt, String workerId, Duration lease);
  }

  /**
   * Tries to become the holder of a job's next attempt.
   *
   * @param request that the job came from; its key is the job
   * @param form what the claim says beside who claims
   * @return the attempt, which the caller closes; empty when the job is not to be had now
   * @throws JobLogUnavailableException when the broker is away; the lease of a claim that had won
   *     runs out then
   */
  public Optional<JobAttempt> claim(Event<?> request, ClaimForm form) {
    String jobId = request.data().key();
    JobState before = reader.state(jobId);
    if (!before.isClaimable(reader.time())) {
      return Optional.empty();
    }
    int attempt = before.progress().nextAttempt();
    EventData claim = form.of(jobId, attempt, workerId, lease);
    writer.append(events.causedBy(request, claim));
    reader.catchUp(CATCH_UP);
    if (!reader.state(jobId).isHeldBy(attempt, workerId)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JobAttempt.open(connection, log, reader, jobId, attempt, workerId));
    } catch (LeaseLostException e) {
      return Optional.empty();
    } catch (KafkaException e) {
      throw new JobLogUnavailableException("attempt of %s not opened: %s".formatted(jobId, e), e);
    }
  }
}
