package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.reward.batch.ExternalScores;
import io.affinage.reward.scoring.InvalidRewardException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jboss.logging.Logger;

/**
 * Asks programs of the user's by their topics, and knows what they answered: every instance reads
 * all answers, so the one that waits finds its own. A question is sent when it is first asked here,
 * and again when its timeout passes; the first answer on the log counts. Thread-safe.
 *
 * <p>What waits is bounded by the questions' bytes, what was answered by the number of scores: of
 * more, the oldest are forgotten, and asked anew when somebody wants them.
 */
final class ExternalRewards implements ExternalScores, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ExternalRewards.class);
  private static final Duration SWEEP = Duration.ofMillis(50);
  private static final int SEND_MILLIS = 15_000;

  private final Map<String, Object> connection;
  private final long mostBytes;
  private final int mostScores;
  private final EventFactory events =
      new EventFactory("/affinage/reward-service", Clock.systemUTC());
  private final Producer<byte[], byte[]> producer;
  private final Set<String> knownTopics = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "external-rewards");
            thread.setDaemon(true);
            return thread;
          });
  private final ExternalMeters meters;

  // Guarded by this.
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();
  private final LinkedHashMap<String, RewardExternalScored> answers = new LinkedHashMap<>();
  private long waitingBytes;
  private long rememberedScores;

  /** A question that was asked here. */
  private static final class Waiting {
    private final ProducerRecord<byte[], byte[]> record;
    private final Question question;
    private final CompletableFuture<RewardExternalScored> outcome = new CompletableFuture<>();
    private final long since = System.nanoTime();
    private long deadline;
    private int asked = 1;

    private Waiting(ProducerRecord<byte[], byte[]> record, Question question) {
      this.record = record;
      this.question = question;
      deadline = since + question.timeout().toNanos();
    }
  }

  /** Too much waits already. */
  static final class BusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BusyException() {
      super("too many external rewards wait for their scores");
    }
  }

  /**
   * @param mostBytes of questions that wait at the same time
   * @param mostScores that are remembered
   */
  ExternalRewards(
      Map<String, Object> connection, long mostBytes, int mostScores, MeterRegistry registry) {
    this.connection = connection;
    this.mostBytes = mostBytes;
    this.mostScores = mostScores;
    Map<String, Object> configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, SEND_MILLIS);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, SEND_MILLIS);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, SEND_MILLIS / 2);
    configuration.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    this.producer =
        new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer());
    this.meters = new ExternalMeters(registry, this::waitingCount);
  }

  void start() {
    timer.scheduleWithFixedDelay(
        this::sweep, SWEEP.toMillis(), SWEEP.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized int waitingCount() {
    return waiting.size();
  }

  /**
   * @throws BusyException when too much waits already
   * @throws KafkaException when the broker does not take the question now
   */
  @Override
  public CompletableFuture<RewardExternalScored> ask(Question question) {
    String id = question.request().externalId();
    Waiting asked;
    Optional<CompletableFuture<RewardExternalScored>> known = known(id);
    if (known.isPresent()) {
      return known.get();
    }
    requireTopic(question.topic());
    ProducerRecord<byte[], byte[]> record = record(question);
    synchronized (this) {
      // Another instance may have asked, or another thread here, and even been answered.
      Optional<CompletableFuture<RewardExternalScored>> nowKnown = known(id);
      if (nowKnown.isPresent()) {
        return nowKnown.get();
      }
      if (waitingBytes + record.value().length > mostBytes && waitingBytes > 0) {
        throw new BusyException();
      }
      asked = new Waiting(record, question);
      waiting.put(id, asked);
      waitingBytes += record.value().length;
    }
    try {
      producer.send(record).get();
    } catch (ExecutionException | KafkaException e) {
      forget(id);
      throw unsent(e);
    } catch (InterruptedException e) {
      forget(id);
      throw new InterruptException(e);
    }
    meters.asked();
    return asked.outcome;
  }

  /** What came, or will come, of a question that was asked. */
  private synchronized Optional<CompletableFuture<RewardExternalScored>> known(String id) {
    RewardExternalScored answer = answers.get(id);
    return answer != null
        ? Optional.of(CompletableFuture.completedFuture(answer))
        : Optional.ofNullable(waiting.get(id)).map(asked -> asked.outcome);
  }

  private static RuntimeException unsent(Exception e) {
    Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
    if (cause instanceof RecordTooLargeException) {
      return new InvalidRewardException(
          "request_too_large",
          "the items are more than a record of the external topic holds; send fewer at once",
          "items");
    }
    return cause instanceof KafkaException kafka ? kafka : new KafkaException(cause);
  }

  /** A topic that is not there would be waited for in vain. */
  private void requireTopic(String topic) {
    if (knownTopics.contains(topic)) {
      return;
    }
    try (Admin admin = Admin.create(connection)) {
      admin.describeTopics(List.of(topic)).allTopicNames().get(SEND_MILLIS, TimeUnit.MILLISECONDS);
      knownTopics.add(topic);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException
          || e.getCause() instanceof AuthorizationException) {
        throw new InvalidRewardException(
            "unknown_topic",
            "the topic %s does not exist, or may not be written; create it".formatted(topic),
            "reward.topic");
      }
      throw new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException("the broker does not tell whether " + topic + " exists", e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private ProducerRecord<byte[], byte[]> record(Question question) {
    Event<RewardExternalRequested> event = events.create(question.request());
    Headers headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    byte[] key = event.data().key().getBytes(UTF_8);
    return new ProducerRecord<>(question.topic(), null, key, value, headers);
  }

  /** Takes in an answer from the log; one after the first changes nothing. */
  void answered(RewardExternalScored answer) {
    Waiting asked;
    synchronized (this) {
      if (answers.containsKey(answer.externalId())) {
        meters.duplicate();
        return;
      }
      answers.put(answer.externalId(), answer);
      rememberedScores += 1 + answer.scores().size();
      while (rememberedScores > mostScores && answers.size() > 1) {
        RewardExternalScored oldest = answers.remove(answers.keySet().iterator().next());
        rememberedScores -= 1 + oldest.scores().size();
      }
      asked = waiting.get(answer.externalId());
    }
    if (asked != null && asked.outcome.complete(answer)) {
      meters.answered(System.nanoTime() - asked.since, answer.error() == null);
    }
    forget(answer.externalId());
  }

  private synchronized void forget(String id) {
    Waiting gone = waiting.remove(id);
    if (gone != null) {
      waitingBytes -= gone.record.value().length;
    }
  }

  /** Asks again, or gives up, what got no answer in time. */
  private void sweep() {
    try {
      long now = System.nanoTime();
      for (Waiting each : due(now)) {
        if (each.asked > each.question.retries()) {
          meters.timedOut();
          // Whoever asks after this asks anew.
          forget(each.question.request().externalId());
          each.outcome.complete(timedOut(each));
        } else {
          each.asked++;
          each.deadline = now + each.question.timeout().toNanos();
          meters.askedAgain();
          producer.send(each.record);
        }
      }
    } catch (RuntimeException e) {
      // The broker is away: tried again at the next timeout.
      LOG.warnf("An external reward could not be asked again: %s", e);
    }
  }

  private synchronized Set<Waiting> due(long now) {
    Set<Waiting> due = new HashSet<>();
    waiting.values().stream().filter(each -> each.deadline - now <= 0).forEach(due::add);
    return due;
  }

  private static RewardExternalScored timedOut(Waiting waiting) {
    return new RewardExternalScored(
        waiting.question.request().externalId(),
        List.of(),
        new ErrorDetail(
            "external_timeout",
            "no answer to %s from the readers of %s, asked %d times; is one running?"
                .formatted(
                    waiting.question.request().externalId(),
                    waiting.question.topic(),
                    waiting.asked),
            "reward.topic"));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    producer.close(Duration.ofSeconds(2));
  }
}
