package io.affinage.service.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class FairQueueTest {

  @Test
  void shouldLetProducersTakeTurnsAndKeepTheOrderOfEach() {
    FairQueue queue = new FairQueue();
    for (int i = 0; i < 1_000; i++) {
      queue.add(work("flood", i));
    }
    queue.add(work("upload", 5_000));
    queue.add(work("upload", 5_001));
    List<Long> begun = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      begun.add(queue.next(work -> true).orElseThrow().offset());
    }
    assertThat(begun).containsExactly(0L, 5_000L, 1L, 5_001L, 2L, 3L);
  }

  @Test
  void shouldPassOverWhatMayNotBegin() {
    FairQueue queue = new FairQueue();
    queue.add(work("a", 0));
    queue.add(work("a", 1));
    queue.add(work("b", 2));
    assertThat(queue.next(work -> work.offset() == 1)).map(PendingRecord::offset).contains(1L);
    assertThat(queue.next(work -> work.offset() == 1)).isEmpty();
    queue.removeIf(work -> work.offset() == 0);
    assertThat(queue.next(work -> true)).map(PendingRecord::offset).contains(2L);
    assertThat(queue.next(work -> true)).isEqualTo(Optional.empty());
  }

  @Test
  void shouldTakeAnyNumberOfProducers() {
    FairQueue queue = new FairQueue();
    for (int i = 0; i < 3_000; i++) {
      queue.add(work("p" + i, i));
    }
    for (int i = 0; i < 3_000; i++) {
      assertThat(queue.next(work -> true)).isPresent();
    }
    assertThat(queue.next(work -> true)).isEmpty();
  }

  private static PendingRecord work(String producer, long offset) {
    return new PendingRecord(
        new ConsumerRecord<>("t", 0, offset, null, new byte[1]), new Traits(producer, false));
  }
}
