package io.affinage.trainer.kafka;

import io.affinage.events.ArtifactRef;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import io.affinage.trainer.engine.TrainingProgress;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.work.Tenure;
import io.affinage.trainer.work.TenureLostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** An attempt that won its claim, with the producer that fences the ones before it. */
final class KafkaTenure implements Tenure {
  private static final Logger LOG = Logger.getLogger(KafkaTenure.class);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final KafkaJobClaims claims;
  private final Event<TrainingRequested> request;
  private final String jobId;
  private final int attempt;
  private final String workerId;
  private final TopicPartition partition;
  private Producer<String, byte[]> fence;

  KafkaTenure(
      KafkaJobClaims claims,
      Event<TrainingRequested> request,
      int attempt,
      String workerId,
      TopicPartition partition,
      Producer<String, byte[]> fence) {
    this.claims = claims;
    this.request = request;
    this.jobId = request.data().jobId();
    this.attempt = attempt;
    this.workerId = workerId;
    this.partition = partition;
    this.fence = fence;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public String workerId() {
    return workerId;
  }

  @Override
  public boolean held() {
    return claims.board().holds(jobId, attempt, workerId);
  }

  @Override
  public void heartbeat(int step) {
    claims.writer().write(request, new TrainingHeartbeat(jobId, attempt, workerId, step));
  }

  @Override
  public void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss) {
    claims
        .writer()
        .write(
            request,
            new TrainingCheckpointed(jobId, attempt, workerId, step, checkpoint, trainLoss));
  }

  @Override
  public void progressed(TrainingProgress progress) {
    claims
        .writer()
        .write(
            request,
            new TrainingProgressed(
                jobId,
                attempt,
                workerId,
                progress.step(),
                progress.totalSteps(),
                progress.trainLoss(),
                progress.learningRate(),
                progress.tokensSeen(),
                progress.tokensPerSecond(),
                progress.etaSeconds(),
                progress.metrics().isEmpty() ? null : progress.metrics()));
  }

  /** A release that cannot be written does no harm: the lease runs out instead. */
  @Override
  public void release(String reason) {
    try {
      claims
          .writer()
          .writeAndWait(
              request, new TrainingReleased(jobId, attempt, workerId, reason), claims.lease());
    } catch (TimeoutException | KafkaException e) {
      LOG.warnf("Job %s could not be released: %s", jobId, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Tries until it is known whether the transaction took effect. After any failure the producer is
   * made anew, which settles what the one before had begun, and the log is read to its end.
   */
  @Override
  public void end(EventData terminal, List<EventData> onward)
      throws TenureLostException, InterruptedException {
    while (true) {
      if (!held()) {
        if (endedByThis()) {
          return;
        }
        throw new TenureLostException(
            "attempt " + attempt + " is no longer the one that counts", null);
      }
      try {
        fence.beginTransaction();
        claims.writer().writeTerminal(fence, request, terminal, onward);
        fence.commitTransaction();
        claims.view().catchUp(partition, claims.lease());
        return;
      } catch (TimeoutException | KafkaException e) {
        LOG.warnf("The end of job %s could not be written, trying again: %s", jobId, e.toString());
        fenceAnew();
      }
    }
  }

  private boolean endedByThis() {
    return claims.board().find(jobId).map(Job::terminal).filter(this::isMine).isPresent();
  }

  private boolean isMine(EventData terminal) {
    if (terminal instanceof ModelRegistered model) {
      return model.attempt() == attempt && model.workerId().equals(workerId);
    }
    if (terminal instanceof TrainingFailed failed) {
      return failed.attempt() == attempt && failed.workerId().equals(workerId);
    }
    return terminal instanceof TrainingCancelled cancelled
        && cancelled.attempt() == attempt
        && cancelled.workerId().equals(workerId);
  }

  private void fenceAnew() throws InterruptedException {
    while (true) {
      try {
        fence.close(Duration.ZERO);
        fence = claims.fence(jobId);
        claims.view().catchUp(partition, claims.lease());
        return;
      } catch (TimeoutException | KafkaException e) {
        LOG.warnf("The broker cannot be reached for job %s: %s", jobId, e.getMessage());
        Thread.sleep(PAUSE.toMillis());
      }
    }
  }

  @Override
  public void close() {
    fence.close(Duration.ZERO);
  }
}
