package io.affinage.service.work;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/** A record and how far the work on it is. For the loop's thread, but for {@link #result()}. */
final class PendingRecord {
  private final ConsumerRecord<byte[], byte[]> record;
  private final Traits traits;
  private final long size;
  private final long readNanos = System.nanoTime();
  private CompletableFuture<WorkResult> result;
  private int failures;
  private int tries;
  private long notBefore;
  private boolean givenUp;

  PendingRecord(ConsumerRecord<byte[], byte[]> record, Traits traits) {
    this.record = record;
    this.traits = traits;
    this.size = sizeOf(record);
  }

  ConsumerRecord<byte[], byte[]> record() {
    return record;
  }

  Traits traits() {
    return traits;
  }

  TopicPartition partition() {
    return new TopicPartition(record.topic(), record.partition());
  }

  long offset() {
    return record.offset();
  }

  /** When it was read, by {@link System#nanoTime}. */
  long readNanos() {
    return readNanos;
  }

  /** Bytes of key, value and headers. */
  long size() {
    return size;
  }

  private static long sizeOf(ConsumerRecord<byte[], byte[]> record) {
    long size = Math.max(0, record.serializedKeySize());
    size += Math.max(0, record.serializedValueSize());
    for (Header header : record.headers()) {
      size += header.key().length() + (header.value() == null ? 0 : header.value().length);
    }
    return size;
  }

  /** Null while it waits. */
  CompletableFuture<WorkResult> result() {
    return result;
  }

  void begin(CompletableFuture<WorkResult> begun) {
    result = begun;
  }

  /** How often it failed by itself. */
  int failures() {
    return failures;
  }

  /**
   * Waits to be tried again.
   *
   * @param when by {@link System#nanoTime}
   * @param itsFault whether it counts as a failure of the record
   */
  void again(long when, boolean itsFault) {
    result = null;
    notBefore = when;
    failures += itsFault ? 1 : 0;
    tries++;
  }

  /**
   * Waits to be looked at again; no try has failed.
   *
   * @param when by {@link System#nanoTime}
   */
  void waits(long when) {
    result = null;
    notBefore = when;
  }

  /** How often it was tried, whoever was at fault. */
  int tries() {
    return tries;
  }

  /** Its answer is an error now. */
  void givenUp() {
    givenUp = true;
  }

  boolean isGivenUp() {
    return givenUp;
  }

  long notBefore() {
    return notBefore;
  }

  @Override
  public String toString() {
    return "offset " + record.offset() + " of " + partition();
  }
}
