package io.affinage.trainer.kafka;

import io.affinage.events.EventData;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingRequested;
import io.affinage.trainer.job.JobCommands;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Writes users' commands and waits until the view has read them back. */
public final class KafkaJobCommands implements JobCommands {
  private final EventWriter writer;
  private final TopicView view;
  private final Duration timeout;

  public KafkaJobCommands(EventWriter writer, TopicView view, Duration timeout) {
    this.writer = writer;
    this.view = view;
    this.timeout = timeout;
  }

  @Override
  public void request(TrainingRequested request) {
    write(request);
  }

  @Override
  public void control(String jobId, TrainingControlRequested.Action action) {
    write(new TrainingControlRequested(jobId, action));
  }

  private void write(EventData data) {
    try {
      RecordMetadata written = writer.writeAndWait(data, timeout);
      view.awaitRead(
          new TopicPartition(written.topic(), written.partition()), written.offset(), timeout);
    } catch (TimeoutException | KafkaException e) {
      throw new UnavailableException("Kafka cannot be reached: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  @Override
  public void catchUp() {
    try {
      view.catchUp(timeout);
    } catch (TimeoutException | KafkaException e) {
      throw new UnavailableException("Kafka cannot be reached: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static UnavailableException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new UnavailableException("the service is being stopped", e);
  }
}
