package io.affinage.trainer.kafka;

import io.affinage.events.EventFactory;
import io.affinage.events.NewsSender;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.work.AttemptLease;
import io.affinage.trainer.work.JobClaims;
import io.affinage.trainer.work.WorkMetrics;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** Claims by the lease protocol on the training log. */
final class KafkaJobClaims implements JobClaims {
  private static final Logger LOG = Logger.getLogger(KafkaJobClaims.class);

  private final JobClaimer claimer;
  private final EventFactory events;
  private final NewsSender news;
  private final WorkMetrics metrics;

  /**
   * @param news takes what is not part of the protocol
   */
  KafkaJobClaims(JobClaimer claimer, EventFactory events, NewsSender news, WorkMetrics metrics) {
    this.claimer = claimer;
    this.events = events;
    this.news = news;
    this.metrics = metrics;
  }

  @Override
  public Optional<AttemptLease> claim(Job job, Optional<TrainingSpec> spec)
      throws InterruptedException {
    try {
      return claimer
          .claim(
              job.requestEvent(),
              (jobId, attempt, workerId, lease) ->
                  new TrainingClaimed(
                      jobId, attempt, workerId, lease.toMillis(), spec.orElse(null)))
          .map(
              attempt ->
                  new KafkaAttemptLease(
                      attempt,
                      job.requestEvent(),
                      claimer,
                      events,
                      news,
                      metrics,
                      Instant.ofEpochMilli(job.requestedAt())));
    } catch (JobLogUnavailableException | KafkaException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while claiming job " + job.id());
      }
      LOG.warnf("Job %s could not be claimed: %s", job.id(), e.getMessage());
      return Optional.empty();
    }
  }
}
