package io.affinage.service.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PartitionWindowTest {

  @Test
  void shouldCommitTheFirstUnansweredAndTellWhatIsDoneBehindIt() {
    PartitionWindow window = new PartitionWindow(10, WindowMark.none());
    PendingRecord first = work(10, "a");
    PendingRecord second = work(11, "b");
    PendingRecord third = work(13, "c");
    assertThat(List.of(first, second, third)).allMatch(window::add);
    OffsetAndMetadata before = window.after(Set.of(second), Set.of(first));
    assertThat(before.offset()).isEqualTo(10);
    WindowMark mark = WindowMark.parse(before.metadata());
    assertThat(mark.done().stream().boxed()).containsExactly(1);
    assertThat(mark.begun()).isEqualTo(Map.of(0, 1));
    window.answered(second);
    OffsetAndMetadata after = window.after(Set.of(first), Set.of());
    assertThat(after.offset()).isEqualTo(13);
    assertThat(WindowMark.parse(after.metadata())).isEqualTo(WindowMark.none());
    window.answered(first);
    assertThat(window.after(Set.of(third), Set.of()).offset()).isEqualTo(14);
  }

  @Test
  void shouldKeepTheOrderOfAKeyAndOfNoOthers() {
    PartitionWindow window = new PartitionWindow(0, WindowMark.none());
    PendingRecord first = work(0, "a");
    PendingRecord second = work(1, "a");
    PendingRecord other = work(2, "b");
    PendingRecord keyless = work(3, null);
    assertThat(window.add(first)).isTrue();
    assertThat(window.add(second)).isFalse();
    assertThat(window.add(other)).isTrue();
    assertThat(window.add(keyless)).isTrue();
    assertThat(window.add(work(4, null))).isTrue();
    assertThat(window.answered(other)).isEmpty();
    assertThat(window.answered(first)).contains(second);
  }

  @Test
  void shouldCountDeathsOfTheRecordsThatWereUnderWay() {
    PartitionWindow window = new PartitionWindow(0, WindowMark.none());
    PendingRecord first = work(0, "a");
    PendingRecord second = work(1, "b");
    window.add(first);
    window.add(second);
    assertThat(window.isCareful()).isFalse();
    for (int deaths = 1; deaths <= 3; deaths++) {
      WindowMark mark = WindowMark.parse(window.after(Set.of(), Set.of(second)).metadata());
      window = new PartitionWindow(0, mark);
      assertThat(window.isCareful()).isTrue();
      window.add(first);
      window.add(second);
      assertThat(window.deaths(first)).isZero();
      assertThat(window.deaths(second)).isEqualTo(deaths);
    }
    // Left in good order: one death more is not counted, and what was known is kept.
    WindowMark left = WindowMark.parse(window.after(Set.of(), Set.of()).metadata());
    assertThat(left.begun()).isEqualTo(Map.of(1, 3));
  }

  /** Records end in any order, processes come and go: each is answered once. */
  @RepeatedTest(50)
  void shouldAnswerEveryRecordOnceHoweverOftenItIsReadAgain(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    int records = 300;
    Map<Long, Integer> answers = new HashMap<>();
    OffsetAndMetadata committed = new OffsetAndMetadata(0, "");
    while (committed.offset() < records) {
      PartitionWindow window =
          new PartitionWindow(committed.offset(), WindowMark.parse(committed.metadata()));
      List<PendingRecord> mayBegin = new ArrayList<>();
      for (long offset = committed.offset(); offset < records; offset++) {
        PendingRecord work = work(offset, "k" + offset % 40);
        if (window.add(work)) {
          mayBegin.add(work);
        }
      }
      for (int commits = random.nextInt(12); commits >= 0 && !mayBegin.isEmpty(); commits--) {
        Set<PendingRecord> batch = new HashSet<>();
        for (int i = random.nextInt(6); i >= 0 && !mayBegin.isEmpty(); i--) {
          batch.add(mayBegin.remove(random.nextInt(mayBegin.size())));
        }
        committed = window.after(batch, Set.of());
        for (PendingRecord work : batch) {
          answers.merge(work.offset(), 1, Integer::sum);
          Optional<PendingRecord> next = window.answered(work);
          next.ifPresent(mayBegin::add);
        }
      }
    }
    assertThat(answers).hasSize(records);
    assertThat(answers.values()).containsOnly(1);
  }

  @Test
  void shouldBeFullByBytesAndByOffsets() {
    PartitionWindow window = new PartitionWindow(0, WindowMark.none());
    window.add(work(0, "a"));
    assertThat(window.isFull(100)).isFalse();
    assertThat(window.isFull(11)).isTrue();
    window.add(work(PartitionWindow.MAX_OFFSETS, "b"));
    assertThat(window.isFull(100)).isTrue();
  }

  static PendingRecord work(long offset, String key) {
    byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    PendingRecord work =
        new PendingRecord(
            new ConsumerRecord<>(
                "t",
                0,
                offset,
                0,
                org.apache.kafka.common.record.TimestampType.CREATE_TIME,
                key == null ? -1 : bytes.length,
                10,
                bytes,
                new byte[10],
                new org.apache.kafka.common.header.internals.RecordHeaders(),
                Optional.empty()),
            new Traits("p", false));
    work.begin(CompletableFuture.completedFuture(new WorkResult(List.of())));
    return work;
  }
}
