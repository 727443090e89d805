package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.RequestRules;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.Topics;
import io.affinage.events.Understanding;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.service.work.NotYetException;
import io.affinage.service.work.PassingFaultException;
import io.affinage.service.work.RecordHandler;
import io.affinage.service.work.Traits;
import io.affinage.service.work.WorkResult;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Scores requests.
 *
 * <p>A repeated request is answered again, with the same event id: whoever asks after a restart
 * needs the answer, and whoever had it recognises it.
 */
final class RewardHandler implements RecordHandler {
  /** Largest answer in bytes: what Kafka takes by default, with room for the headers. */
  private static final int MAX_ANSWER = 1_000_000;

  /** How soon a request is looked at again that waits for a program of the user's. */
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private static final long LEFT_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Scorer scorer;
  private final DuplicateRequests duplicates;
  private final StoredItems stored;
  private final EventFactory events =
      new EventFactory("/affinage/reward-service", Clock.systemUTC());

  /** Requests that wait, by the place of their record. Ends with what they wait for. */
  private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();

  private record Waiting(CompletableFuture<RewardScored> answer, long since) {
    /** Whether nobody came for the answer: the record has moved to another instance. */
    boolean isLeft(long now) {
      return answer.isDone() && now - since > LEFT_NANOS;
    }
  }

  /** What scores a request. */
  @FunctionalInterface
  interface Scorer {
    CompletableFuture<RewardScored> score(RewardRequested request) throws NotYetException;
  }

  /**
   * @param stored where answers go that a record does not hold
   */
  RewardHandler(Scorer scorer, DuplicateRequests duplicates, StoredItems stored) {
    this.scorer = scorer;
    this.stored = stored;
    this.duplicates = duplicates;
  }

  @Override
  public Traits traits(ConsumerRecord<byte[], byte[]> record) {
    Header source = record.headers().lastHeader("ce_source");
    boolean named = source != null && source.value() != null;
    return new Traits(named ? new String(source.value(), UTF_8) : "", false);
  }

  @Override
  public WorkResult handle(ConsumerRecord<byte[], byte[]> record, long readNanos)
      throws PassingFaultException, NotYetException {
    String place = record.topic() + '-' + record.partition() + '@' + record.offset();
    Waiting known = waiting.get(place);
    if (known != null && !known.answer().isDone()) {
      throw new NotYetException(LOOK_AGAIN);
    }
    Event<RewardRequested> request = EventCodec.decode(record).as(RewardRequested.class);
    if (known != null) {
      waiting.remove(place);
      return answer(request, joined(known.answer()));
    }
    RequestRules.require(request);
    Optional<ErrorDetail> problem = Understanding.problem(request);
    if (problem.isPresent()) {
      return giveUp(record, problem.get());
    }
    duplicates.seen(request.metadata());
    CompletableFuture<RewardScored> scored;
    try {
      scored = scorer.score(request.data());
    } catch (ExternalRewards.BusyException e) {
      throw new PassingFaultException("busy", e.getMessage(), e);
    } catch (UnavailableException e) {
      throw new PassingFaultException(e.code(), e.getMessage(), e);
    }
    if (!scored.isDone()) {
      long now = System.nanoTime();
      waiting.values().removeIf(each -> each.isLeft(now));
      waiting.put(place, new Waiting(scored, now));
      throw new NotYetException(LOOK_AGAIN);
    }
    return answer(request, joined(scored));
  }

  /** What was scored; where that failed the record is tried again. */
  private static RewardScored joined(CompletableFuture<RewardScored> scored)
      throws PassingFaultException {
    try {
      return scored.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UnavailableException unavailable) {
        throw new PassingFaultException(unavailable.code(), unavailable.getMessage(), unavailable);
      }
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  @Override
  public WorkResult giveUp(ConsumerRecord<byte[], byte[]> record, ErrorDetail why) {
    Event<RewardRequested> request = EventCodec.decode(record).as(RewardRequested.class);
    RewardScored given = new RewardScored(request.data().requestId(), List.of(), why);
    return new WorkResult(List.of(record(request, given)));
  }

  private WorkResult answer(Event<RewardRequested> request, RewardScored scored)
      throws PassingFaultException {
    for (RewardScored form : List.of(scored, withoutDetails(scored))) {
      ProducerRecord<byte[], byte[]> answer = record(request, form);
      if (answer.value().length <= MAX_ANSWER) {
        return new WorkResult(List.of(answer));
      }
    }
    if (request.data().itemsArtifact() == null) {
      // Who sent its items in the record may know no store.
      ErrorDetail tooLarge =
          new ErrorDetail(
              "answer_too_large",
              "the shares of %d items are more than a record holds; send fewer items at once, or in the artifact store"
                  .formatted(scored.scores().size()),
              "items");
      return new WorkResult(
          List.of(record(request, new RewardScored(scored.requestId(), List.of(), tooLarge))));
    }
    try {
      return new WorkResult(List.of(record(request, stored.stored(scored))));
    } catch (UnavailableException e) {
      throw new PassingFaultException(e.code(), e.getMessage(), e);
    }
  }

  private ProducerRecord<byte[], byte[]> record(
      Event<RewardRequested> request, RewardScored scored) {
    Event<?> event = events.causedBy(request, scored);
    Headers headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    byte[] key = Topics.REWARD_SCORED.keyOf(event.data()).getBytes(UTF_8);
    return new ProducerRecord<>(Topics.REWARD_SCORED.name(), null, key, value, headers);
  }

  /** The words are for people; values and codes of one reward and a full request always fit. */
  private static RewardScored withoutDetails(RewardScored scored) {
    return new RewardScored(
        scored.requestId(),
        scored.scores().stream()
            .map(
                score ->
                    new RewardScored.Score(
                        score.itemId(), score.value(), null, score.code(), score.shares()))
            .toList(),
        scored.error());
  }
}
