package io.affinage.service.work;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Writes of several threads, in one transaction as far as they come at the same time: a transaction
 * takes some milliseconds however little is in it. Each write is visible as a whole or not at all.
 */
public final class SharedTransactions implements AutoCloseable {
  private static final int MAX_WRITES = 100;

  private final TransactionalProducer producer;
  private final Queue<Write> waiting = new ConcurrentLinkedQueue<>();

  private record Write(
      List<ProducerRecord<byte[], byte[]>> records, CompletableFuture<Void> written) {}

  /**
   * @param producer becomes this object's own
   */
  public SharedTransactions(TransactionalProducer producer) {
    this.producer = producer;
  }

  /**
   * Returns when the records are visible.
   *
   * @throws KafkaException when they are not, or the broker did not say; the fault may be another
   *     thread's
   */
  public void write(List<ProducerRecord<byte[], byte[]>> records) {
    Write mine = new Write(records, new CompletableFuture<>());
    waiting.add(mine);
    synchronized (producer) {
      while (!mine.written().isDone()) {
        writeWaiting();
      }
    }
    try {
      mine.written().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    }
  }

  private void writeWaiting() {
    Queue<Write> batch = new ArrayDeque<>();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Write write = waiting.poll(); write != null; write = waiting.poll()) {
      batch.add(write);
      records.addAll(write.records());
      if (batch.size() == MAX_WRITES) {
        break;
      }
    }
    try {
      producer.write(records);
      batch.forEach(write -> write.written().complete(null));
    } catch (RuntimeException | Error e) {
      batch.forEach(write -> write.written().completeExceptionally(e));
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
