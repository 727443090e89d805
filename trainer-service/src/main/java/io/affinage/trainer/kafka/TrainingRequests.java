package io.affinage.trainer.kafka;

import io.affinage.events.EventData;
import io.affinage.trainer.job.JobBoard;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * The request channel. A request is recorded by the topic itself, which every trainer's view reads;
 * this consumer group only sees to it that each poison record is put aside once, with its reason.
 */
@ApplicationScoped
public class TrainingRequests {
  private final JobBoard board;
  private final Counter deadLetters;
  private final Counter duplicates;

  TrainingRequests(JobBoard board, MeterRegistry metrics) {
    this.board = board;
    this.deadLetters = metrics.counter("affinage.events.deadletter", "topic", "training.requested");
    this.duplicates = metrics.counter("affinage.events.duplicates", "topic", "training.requested");
  }

  @Incoming("training-requested")
  void accept(ConsumerRecord<byte[], byte[]> record) {
    try {
      EventData request = EventRecords.read(record).data();
      board
          .find(request.key())
          .filter(job -> job.requestedAt() < record.timestamp())
          .ifPresent(job -> duplicates.increment());
    } catch (RuntimeException poison) {
      deadLetters.increment();
      throw poison;
    }
  }
}
