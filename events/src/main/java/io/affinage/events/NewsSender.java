package io.affinage.events;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events that nobody depends on, such as progress. Whoever tells never waits: neither for the
 * broker nor for a topic that is gone nor for room in a buffer. What cannot be sent is dropped, the
 * oldest first, counted and told once. Thread-safe.
 */
public final class NewsSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NewsSender.class);
  private static final Duration BLOCK = Duration.ofSeconds(5);
  private static final Duration CLOSE = Duration.ofSeconds(2);
  private static final int MOST_WAITING = 256;

  private final Topic topic;
  private final KafkaProducer<String, Event<?>> producer;
  private final Consumer<String> unsent;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All guarded by the lock.
  private final Deque<Event<?>> waiting = new ArrayDeque<>();
  private boolean closing;
  private long lost;

  /**
   * @param connection bootstrap servers and security
   * @param topic that the news goes to
   * @param unsent told the topic once for each event that was dropped, on any thread; must not wait
   */
  public NewsSender(Map<String, Object> connection, Topic topic, Consumer<String> unsent) {
    this.topic = topic;
    this.unsent = unsent;
    Map<String, Object> configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK.toMillis());
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 20_000);
    this.producer =
        new KafkaProducer<>(configuration, new StringSerializer(), new EventSerializer());
    this.thread = new Thread(this::run, "news-" + topic.name());
    this.thread.setDaemon(true);
    this.thread.start();
  }

  /**
   * Takes an event to be sent; returns at once.
   *
   * @throws EventException when it does not belong on the topic
   */
  public void tell(Event<?> event) {
    topic.requireAccepted(event.metadata().type());
    Event<?> pushedOut = null;
    lock.lock();
    try {
      if (closing) {
        pushedOut = event;
      } else {
        if (waiting.size() == MOST_WAITING) {
          pushedOut = waiting.removeFirst();
        }
        waiting.addLast(event);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    if (pushedOut != null) {
      lost("more events wait than are kept");
    }
  }

  private void run() {
    for (Event<?> event = next(); event != null; event = next()) {
      try {
        producer.send(
            topic.record(event),
            (written, failure) -> {
              if (failure == null) {
                arrived();
              } else {
                lost(failure.getMessage());
              }
            });
      } catch (RuntimeException e) {
        lost(e.getMessage());
      }
    }
  }

  /** Null once closed and empty. */
  private @Nullable Event<?> next() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closing) {
        changed.await();
      }
      return waiting.pollFirst();
    } catch (InterruptedException e) {
      closing = true;
      return null;
    } finally {
      lock.unlock();
    }
  }

  private void dropRest() {
    int rest;
    lock.lock();
    try {
      rest = waiting.size();
      waiting.clear();
    } finally {
      lock.unlock();
    }
    for (int i = 0; i < rest; i++) {
      lost("the service stops");
    }
  }

  private void lost(@Nullable String reason) {
    unsent.accept(topic.name());
    lock.lock();
    try {
      if (lost++ == 0) {
        LOG.warn(
            "Events for {} cannot be sent now and are dropped; the work goes on: {}",
            topic.name(),
            reason);
      }
    } finally {
      lock.unlock();
    }
  }

  private void arrived() {
    lock.lock();
    try {
      if (lost > 0) {
        LOG.info("Events for {} are sent again; {} were dropped", topic.name(), lost);
        lost = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends what waits, for two seconds at most. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread.interrupt();
    producer.close(CLOSE);
    dropRest();
  }
}
