package io.affinage.trainer.kafka;

import io.affinage.events.EventFactory;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingRequested;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.lease.kafka.JobLogReader;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.events.lease.kafka.JobLogWriter;
import io.affinage.trainer.job.JobCommands;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Writes users' commands and waits until the views have read them back.
 *
 * @param timeout how long each step of a command waits for the broker
 */
record KafkaJobCommands(
    EventWriter writer,
    TopicFollower view,
    JobLogWriter logWriter,
    JobLogReader log,
    EventFactory events,
    Duration timeout)
    implements JobCommands {

  /** A step of a command. */
  private interface Step {
    void take() throws TimeoutException, InterruptedException;
  }

  @Override
  public void request(TrainingRequested request) {
    insist(
        () -> {
          RecordMetadata written = writer.writeAndWait(request, timeout);
          view.awaitRead(
              new TopicPartition(written.topic(), written.partition()), written.offset(), timeout);
        });
  }

  @Override
  public void control(String jobId, TrainingControlRequested.Action action) {
    insist(
        () -> {
          logWriter.append(events.create(new TrainingControlRequested(jobId, action)), timeout);
          log.catchUp(timeout);
        });
  }

  @Override
  public void catchUp() {
    insist(
        () -> {
          view.catchUp(IsolationLevel.READ_UNCOMMITTED, timeout);
          log.catchUp(timeout);
        });
  }

  private static void insist(Step step) {
    try {
      step.take();
    } catch (InterruptException e) {
      // It has set the thread's interrupt status again.
      throw new UnavailableException("the service is being stopped", e);
    } catch (TimeoutException | JobLogUnavailableException | KafkaException e) {
      throw new UnavailableException("Kafka cannot be reached: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("the service is being stopped", e);
    }
  }
}
