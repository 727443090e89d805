package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.DeadLetters;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.EventFactory;
import io.affinage.events.RequestRules;
import io.affinage.events.RewardRequested;
import io.affinage.events.Topics;
import io.affinage.reward.config.MeteredScorer;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.reactive.messaging.kafka.transactions.KafkaTransactions;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * Consumes, scores and produces in one transaction: answers, dead letters and the group's offsets
 * become visible together, or not at all and the batch is read again.
 *
 * <p>A repeated request is answered again, with the same event id: whoever asks after a restart
 * needs the answer, and whoever had it recognises it.
 */
@ApplicationScoped
public class RewardRequests {
  private final KafkaTransactions<byte[]> transactions;
  private final MeteredScorer scorer;
  private final RequestCounters counters;
  private final EventFactory events =
      new EventFactory("/affinage/reward-service", Clock.systemUTC());

  RewardRequests(
      @Channel("reward-scored") KafkaTransactions<byte[]> transactions,
      MeteredScorer scorer,
      RequestCounters counters) {
    this.transactions = transactions;
    this.scorer = scorer;
    this.counters = counters;
  }

  @Incoming("reward-requested")
  Uni<Void> answer(Message<ConsumerRecords<byte[], byte[]>> batch) {
    return transactions.withTransactionAndAck(
        batch,
        emitter ->
            Uni.createFrom()
                .item(() -> answers(batch.getPayload()))
                // Scoring may take seconds; the thread that polls must not wait for it.
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .invoke(answers -> answers.forEach(emitter::send))
                .replaceWithVoid());
  }

  private List<Message<byte[]>> answers(ConsumerRecords<byte[], byte[]> records) {
    List<Message<byte[]>> answers = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      answers.add(answer(record));
    }
    return answers;
  }

  private Message<byte[]> answer(ConsumerRecord<byte[], byte[]> record) {
    Event<RewardRequested> request;
    try {
      request = EventCodec.decode(record).as(RewardRequested.class);
      RequestRules.require(request.data());
    } catch (EventException poison) {
      counters.deadLetter();
      return Outgoing.message(DeadLetters.of(Topics.REWARD_REQUESTED, record, poison));
    }
    counters.seen(request.metadata());
    Event<?> scored = events.causedBy(request, scorer.score(request.data()));
    Headers headers = new RecordHeaders();
    byte[] value = EventCodec.encode(scored, headers);
    byte[] key = Topics.REWARD_SCORED.keyOf(scored.data()).getBytes(UTF_8);
    return Outgoing.message(
        new ProducerRecord<>(Topics.REWARD_SCORED.name(), null, key, value, headers));
  }
}
