package io.affinage.trainer.kafka;

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
  private final Counter deadLetters;

  TrainingRequests(MeterRegistry metrics) {
    this.deadLetters = metrics.counter("affinage.events.deadletter", "topic", "training.requested");
  }

  @Incoming("training-requested")
  void accept(ConsumerRecord<byte[], byte[]> record) {
    try {
      EventRecords.read(record);
    } catch (RuntimeException poison) {
      deadLetters.increment();
      throw poison;
    }
  }
}
