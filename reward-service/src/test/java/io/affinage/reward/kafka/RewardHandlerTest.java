package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.ArtifactStores;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.EventJson;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.Topics;
import io.affinage.reward.batch.RequestScorer;
import io.affinage.reward.batch.StoredItems;
import io.affinage.service.store.StoredBatches;
import io.affinage.service.work.WorkResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardHandlerTest {
  @TempDir private static Path folder;

  private final RewardHandler handler =
      new RewardHandler(
          request ->
              java.util.concurrent.CompletableFuture.completedFuture(
                  new RequestScorer(1_000).score(request)),
          new DuplicateRequests(new SimpleMeterRegistry()),
          stored());

  private static StoredItems stored() {
    try {
      return new StoredItems(new StoredBatches(ArtifactStores.open(folder.toString())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** More shares than a record holds go to the store, for those who had their items there. */
  @Test
  void shouldKeepScoresInTheStoreThatARecordDoesNotHold() throws Exception {
    List<RewardScored.Score> scores = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      List<RewardScored.Share> shares = new ArrayList<>();
      for (int s = 0; s < 16; s++) {
        shares.add(new RewardScored.Share("a-reward-of-some-name-" + s, 0.1 * i, 0.2, null));
      }
      scores.add(new RewardScored.Score("i" + i, 1.0 * i, "words", null, shares));
    }
    RewardHandler large =
        new RewardHandler(
            request ->
                java.util.concurrent.CompletableFuture.completedFuture(
                    new RewardScored(request.requestId(), scores, null)),
            new DuplicateRequests(new SimpleMeterRegistry()),
            stored());
    ArtifactRef items = new ArtifactRef("sha256:" + "0".repeat(64), ArtifactRef.Kind.FILE, 10);
    RewardScored answer = answer(large.handle(record(List.of(), items), 0));
    assertThat(answer.error()).isNull();
    assertThat(answer.scores()).isEmpty();
    byte[] kept =
        new StoredBatches(ArtifactStores.open(folder.toString())).get(answer.scoresArtifact());
    assertThat(kept).isEqualTo(EventJson.mapper().writeValueAsBytes(scores));

    // Who had them in the record may know no store.
    RewardScored inline =
        answer(large.handle(record(List.of(new RewardRequested.Item("a", "", "c", "c")), null), 0));
    assertThat(inline.error().code()).isEqualTo("answer_too_large");
  }

  /** A thousand items with long words about each are more than a record holds. */
  @Test
  void shouldLeaveTheWordsOutWhereTheAnswerWouldNotFit() throws Exception {
    List<RewardRequested.Item> items = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      String text = "\u4e00".repeat(90);
      items.add(new RewardRequested.Item("\u4e00".repeat(190) + i, "", text, text + "!"));
    }
    RewardScored answer = answer(handler.handle(record(items), 0));
    assertThat(answer.scores()).hasSize(1_000);
    assertThat(answer.scores())
        .allSatisfy(
            score -> {
              assertThat(score.value()).isZero();
              assertThat(score.detail()).isNull();
            });
    RewardScored small = answer(handler.handle(record(items.subList(0, 10)), 0));
    assertThat(small.scores()).allSatisfy(score -> assertThat(score.detail()).isNotBlank());
  }

  @Test
  void shouldAnswerWithTheErrorWhenItIsGivenUp() {
    ConsumerRecord<byte[], byte[]> record =
        record(List.of(new RewardRequested.Item("a", "", "c", "c")));
    ErrorDetail why = new ErrorDetail("work_failed", "it failed", null);
    RewardScored answer = answer(handler.giveUp(record, why));
    assertThat(answer.error()).isEqualTo(why);
    assertThat(answer.scores()).isEmpty();
  }

  private static RewardScored answer(WorkResult answer) {
    assertThat(answer.records()).hasSize(1);
    ProducerRecord<byte[], byte[]> record = answer.records().get(0);
    assertThat(record.value().length).isLessThanOrEqualTo(1_000_000);
    return EventCodec.decode(record.headers(), record.value()).as(RewardScored.class).data();
  }

  private static ConsumerRecord<byte[], byte[]> record(List<RewardRequested.Item> items) {
    return record(items, null);
  }

  private static ConsumerRecord<byte[], byte[]> record(
      List<RewardRequested.Item> items, ArtifactRef stored) {
    Event<RewardRequested> event =
        new EventFactory("/test/asker", Clock.systemUTC())
            .create(
                new RewardRequested(
                    "r", new RewardSpec.ExactMatch(false, false), items, null, stored));
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    return new ConsumerRecord<>(
        Topics.REWARD_REQUESTED.name(),
        0,
        0,
        0,
        TimestampType.CREATE_TIME,
        1,
        value.length,
        "r".getBytes(UTF_8),
        value,
        headers,
        Optional.empty());
  }
}
