package io.affinage.trainer.kafka;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.ModelRegistered;
import io.affinage.events.NewsSender;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import io.affinage.events.lease.LeaseLostException;
import io.affinage.events.lease.kafka.JobAttempt;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Recorded;
import io.affinage.trainer.work.AttemptLease;
import io.affinage.trainer.work.AttemptLeaseLostException;
import io.affinage.trainer.work.WorkMetrics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** A won attempt of the lease protocol, and what its worker tells about it. */
final class KafkaAttemptLease implements AttemptLease {
  private static final Logger LOG = Logger.getLogger(KafkaAttemptLease.class);

  private final JobAttempt attempt;
  private final Event<TrainingRequested> request;
  private final JobClaimer claimer;
  private final EventFactory events;
  private final NewsSender news;
  private final WorkMetrics metrics;
  private final Instant since;

  /**
   * @param since the job cannot have recorded anything before
   */
  KafkaAttemptLease(
      JobAttempt attempt,
      Event<TrainingRequested> request,
      JobClaimer claimer,
      EventFactory events,
      NewsSender news,
      WorkMetrics metrics,
      Instant since) {
    this.since = since;
    this.attempt = attempt;
    this.request = request;
    this.claimer = claimer;
    this.events = events;
    this.news = news;
    this.metrics = metrics;
  }

  @Override
  public int attempt() {
    return attempt.attempt();
  }

  @Override
  public String workerId() {
    return attempt.workerId();
  }

  @Override
  public boolean held() {
    return attempt.isHeld();
  }

  @Override
  public void heartbeat(int step, Optional<ErrorDetail> waiting) {
    if (held()) {
      tell(
          new TrainingHeartbeat(
              attempt.jobId(), attempt(), workerId(), step, waiting.orElse(null)));
    }
  }

  @Override
  public void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss) {
    EventData made =
        new TrainingCheckpointed(
            attempt.jobId(), attempt(), workerId(), step, checkpoint, trainLoss);
    claimer
        .writer()
        .offer(
            events.causedBy(request, made),
            failure -> {
              metrics.unsent(Topics.TRAINING_LOG.name());
              LOG.warnf(
                  "The checkpoint of step %d of job %s is not on the log: %s",
                  step, attempt.jobId(), failure.getMessage());
            });
  }

  @Override
  public void progressed(EngineProgress progress) {
    news.tell(
        events.causedBy(
            request,
            new TrainingProgressed(
                attempt.jobId(),
                attempt(),
                workerId(),
                progress.step(),
                progress.totalSteps(),
                progress.trainLoss(),
                progress.learningRate(),
                progress.tokensSeen(),
                progress.tokensPerSecond(),
                progress.etaSeconds(),
                progress.metrics().isEmpty() ? null : progress.metrics(),
                progress.warnings().isEmpty() ? null : progress.warnings(),
                progress.pass().orElse(null))));
  }

  /** A release that cannot be written does no harm: the lease runs out instead. */
  @Override
  public void release(String reason) {
    tell(new TrainingReleased(attempt.jobId(), attempt(), workerId(), reason));
  }

  @Override
  public void giveBack(ErrorDetail why) {
    tell(new TrainingReleased(attempt.jobId(), attempt(), workerId(), why.message(), why));
  }

  private void tell(EventData data) {
    try {
      claimer.writer().append(events.causedBy(request, data), claimer.lease());
    } catch (RuntimeException e) {
      if (!Thread.currentThread().isInterrupted()) {
        metrics.unsent(Topics.TRAINING_LOG.name());
        LOG.warnf(
            "%s of job %s is not on the log: %s",
            data.getClass().getSimpleName(), attempt.jobId(), e.getMessage());
      }
    }
  }

  @Override
  public List<Recorded> recorded() throws TrainingException {
    try {
      return RolloutsOfJob.read(claimer.connection(), attempt.jobId(), since);
    } catch (KafkaException e) {
      throw new TrainingException(
          "broker_unavailable", "rollouts cannot be read: " + e.getMessage(), null, e);
    }
  }

  /** Tries for as long as the lease is held: what it names cost work. */
  @Override
  public void record(EventData entry) throws AttemptLeaseLostException, InterruptedException {
    List<ProducerRecord<String, Event<?>>> records =
        List.of(Topics.TRAINING_ROLLOUTS.record(events.causedBy(request, entry)));
    while (true) {
      try {
        attempt.publish(records);
        return;
      } catch (LeaseLostException e) {
        throw new AttemptLeaseLostException(e.getMessage(), e);
      } catch (JobLogUnavailableException | KafkaException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while recording job " + attempt.jobId());
        }
        LOG.warnf("Rollouts of job %s are not on record, trying again: %s", attempt.jobId(), e);
        TimeUnit.SECONDS.sleep(1);
      }
    }
  }

  /** Tries until it is known whether the end took effect: it may be the fruit of days. */
  @Override
  public void end(EventData terminal, List<EventData> onward)
      throws AttemptLeaseLostException, InterruptedException {
    Event<?> ended = events.causedBy(request, terminal);
    List<ProducerRecord<String, Event<?>>> following = new ArrayList<>();
    Topic outcome =
        terminal instanceof ModelRegistered ? Topics.MODEL_REGISTERED : Topics.TRAINING_FAILED;
    following.add(outcome.record(ended));
    for (EventData next : onward) {
      Topic topic =
          next instanceof TrainingRequested
              ? Topics.TRAINING_REQUESTED
              : Topics.EVALUATION_REQUESTED;
      following.add(topic.record(events.causedBy(ended, next)));
    }
    while (true) {
      try {
        attempt.end(ended, following);
        return;
      } catch (LeaseLostException e) {
        throw new AttemptLeaseLostException(e.getMessage(), e);
      } catch (JobLogUnavailableException | KafkaException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while ending job " + attempt.jobId());
        }
        LOG.warnf("The end of job %s is not on the log, trying again: %s", attempt.jobId(), e);
        TimeUnit.SECONDS.sleep(1);
      }
    }
  }

  @Override
  public void close() {
    attempt.close();
  }
}
