package io.affinage.dataset.kafka;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The records of one partition that were read and not yet answered; the first is worked on. */
final class InFlight {
  private final Deque<ConsumerRecord<byte[], byte[]>> records = new ArrayDeque<>();
  private CompletableFuture<SubmissionWork.Result> work;

  void add(List<ConsumerRecord<byte[], byte[]>> read) {
    records.addAll(read);
  }

  ConsumerRecord<byte[], byte[]> first() {
    return records.peek();
  }

  boolean waits() {
    return work == null && !records.isEmpty();
  }

  void begin(CompletableFuture<SubmissionWork.Result> started) {
    work = started;
  }

  /** The work of the first record, when it has come to its end; else null. */
  CompletableFuture<SubmissionWork.Result> done() {
    return work != null && work.isDone() ? work : null;
  }

  boolean busy() {
    return work != null && !work.isDone();
  }

  void answered() {
    records.remove();
    work = null;
  }

  boolean isEmpty() {
    return records.isEmpty();
  }
}
