package io.affinage.events;

import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What a record of a request topic comes to: the one way in for every service. */
public sealed interface Intake<T extends EventData> {

  /** A request. */
  record Accepted<T extends EventData>(Event<T> request) implements Intake<T> {}

  /**
   * No request: the dead letter is written instead of an answer, and only then is the record behind
   * us.
   */
  record Refused<T extends EventData>(
      EventException reason, ProducerRecord<byte[], byte[]> deadLetter) implements Intake<T> {}

  /** Reads a record as a request. */
  static <T extends EventData> Intake<T> of(
      Topic topic, Class<T> type, ConsumerRecord<byte[], byte[]> record) {
    return of(topic, type, request -> {}, record);
  }

  /**
   * As the other, for a service that does not take every event of the type.
   *
   * @param check throws {@link EventException} for a request that no worker could even end;
   *     anything else that it throws refuses the request too
   */
  static <T extends EventData> Intake<T> of(
      Topic topic, Class<T> type, Consumer<Event<T>> check, ConsumerRecord<byte[], byte[]> record) {
    try {
      Event<T> request = EventCodec.decode(record).as(type);
      check.accept(request);
      return new Accepted<>(request);
    } catch (EventException e) {
      return new Refused<>(e, DeadLetters.of(topic, record, e));
    } catch (RuntimeException | StackOverflowError e) {
      EventException reason = new EventException("unreadable_event", "it cannot be used: " + e, e);
      return new Refused<>(reason, DeadLetters.of(topic, record, reason));
    }
  }
}
