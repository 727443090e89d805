package io.affinage.service.work;

import io.affinage.events.ErrorDetail;
import io.affinage.events.EventException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What a service does with the records of a topic. Used by several threads. */
public interface RecordHandler {

  /** What the order of the work depends on; quick, and never fails. */
  Traits traits(ConsumerRecord<byte[], byte[]> record);

  /**
   * Does the work.
   *
   * @param readNanos when the record was read, by {@link System#nanoTime}: what was committed
   *     before the record was sent was committed before that
   * @throws EventException when the bytes are no event of the topic
   * @throws PassingFaultException when something else is away; the record is tried again later
   * @throws NotYetException when it waits for something; the record is looked at again
   * @throws InterruptedException when the service stops; nothing has happened then
   */
  WorkResult handle(ConsumerRecord<byte[], byte[]> record, long readNanos)
      throws PassingFaultException, NotYetException, InterruptedException;

  /**
   * What to say of a record that is an event and cannot be worked on, beside the dead letter, so
   * that whoever waits for an answer gets one.
   */
  WorkResult giveUp(ConsumerRecord<byte[], byte[]> record, ErrorDetail why);
}
