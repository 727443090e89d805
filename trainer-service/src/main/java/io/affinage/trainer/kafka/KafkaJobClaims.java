package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingRequested;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.work.JobClaims;
import io.affinage.trainer.work.Tenure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * The log is the lock: a claim is appended to the job's partition and read back; the first claim of
 * an attempt in log order wins. The winner fences the transactional producers of earlier attempts
 * and then looks again, so that none of them can have ended the job unseen.
 */
public final class KafkaJobClaims implements JobClaims {
  private static final Logger LOG = Logger.getLogger(KafkaJobClaims.class);

  private final EventWriter writer;
  private final TopicView view;
  private final JobBoard board;
  private final String workerId;
  private final Duration lease;

  public KafkaJobClaims(
      EventWriter writer, TopicView view, JobBoard board, String workerId, Duration lease) {
    this.writer = writer;
    this.view = view;
    this.board = board;
    this.workerId = workerId;
    this.lease = lease;
  }

  @Override
  public Optional<Tenure> claim(String jobId, int attempt) throws InterruptedException {
    Optional<Job> job = board.find(jobId);
    if (job.isEmpty()) {
      return Optional.empty();
    }
    Event<TrainingRequested> request = job.get().requestEvent();
    try {
      RecordMetadata written =
          writer.writeAndWait(
              request, new TrainingClaimed(jobId, attempt, workerId, lease.toMillis()), lease);
      TopicPartition partition = new TopicPartition(written.topic(), written.partition());
      view.awaitRead(partition, written.offset(), lease);
      if (!board.holds(jobId, attempt, workerId)) {
        return Optional.empty();
      }
      Producer<String, byte[]> fence = fence(jobId);
      view.catchUp(partition, lease);
      if (!board.holds(jobId, attempt, workerId)) {
        fence.close(Duration.ZERO);
        return Optional.empty();
      }
      return Optional.of(new KafkaTenure(this, request, attempt, workerId, partition, fence));
    } catch (TimeoutException | KafkaException e) {
      LOG.warnf("Attempt %d of job %s could not be claimed: %s", attempt, jobId, e.getMessage());
      Thread.sleep(Math.min(1000, lease.toMillis() / 3));
      return Optional.empty();
    }
  }

  /** From here on earlier producers of the job can write no transaction any more. */
  Producer<String, byte[]> fence(String jobId) {
    Producer<String, byte[]> producer = view.clients().transactional("affinage-training-" + jobId);
    try {
      producer.initTransactions();
      return producer;
    } catch (KafkaException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  EventWriter writer() {
    return writer;
  }

  TopicView view() {
    return view;
  }

  JobBoard board() {
    return board;
  }

  Duration lease() {
    return lease;
  }
}
