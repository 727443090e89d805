package io.affinage.service.work;

import static io.affinage.service.work.WorkBench.ANSWERS;
import static io.affinage.service.work.WorkBench.DEAD_LETTERS;
import static io.affinage.service.work.WorkBench.SOON;
import static io.affinage.service.work.WorkBench.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShortWorkIT {
  private static TestBroker broker;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Scripted handler = new Scripted();
  private WorkBench bench;
  private ShortWork work;

  @BeforeAll
  static void startBroker() {
    broker = TestBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void start() {
    bench = new WorkBench(broker.bootstrapServers(), 1);
    work = started();
  }

  @AfterEach
  void stop() {
    handler.opened.countDown();
    work.close();
    bench.close();
  }

  private ShortWork started() {
    ShortWork started =
        new ShortWork(
            "short-work-it",
            Topics.REWARD_REQUESTED,
            bench.connection(),
            WorkBench.config(null),
            2,
            1,
            handler,
            meters);
    started.start();
    return started;
  }

  @Test
  void shouldGiveUpWhatFailsAgainAndAgain() {
    bench.send("fails-1", "a");
    bench.send("ok-1", "a");
    assertThat(bench.awaitKeys(ANSWERS, keys -> keys.containsAll(List.of("ok-1", "error:fails-1"))))
        .doesNotContain("fails-1");
    assertThat(bench.deadLetterReason("fails-1")).startsWith("[work_failed]").contains("3 times");
    assertThat(handler.calls("fails-1")).isEqualTo(3);
    assertThat(meters.counter("affinage.events.deadletter", "topic", "reward.requested").count())
        .isEqualTo(1);
  }

  @Test
  void shouldPutPoisonAsideAtOnce() {
    bench.send("poison-2", "a");
    bench.send("ok-2", "a");
    bench.awaitKeys(ANSWERS, keys -> keys.contains("ok-2"));
    assertThat(bench.deadLetterReason("poison-2")).startsWith("[invalid_json]");
    assertThat(handler.calls("poison-2")).isEqualTo(1);
  }

  @Test
  void shouldGiveUpAnAnswerThatTheBrokerNeverTakes() {
    bench.send("ok-3", "a");
    bench.send("huge-3", "a");
    bench.send("ok-4", "a");
    bench.awaitKeys(ANSWERS, keys -> keys.containsAll(List.of("ok-3", "ok-4", "error:huge-3")));
    assertThat(bench.deadLetterReason("huge-3")).startsWith("[answer_unwritable]");
  }

  @Test
  void shouldWaitForWhatIsAwayAsLongAsItTakesAndShowIt() {
    bench.send("away-5", "a");
    bench.send("ok-5", "a");
    bench.awaitKeys(ANSWERS, keys -> keys.contains("ok-5"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(
                      meters
                          .get("affinage.work.records")
                          .tag("state", "held_by_fault")
                          .gauge()
                          .value())
                  .isEqualTo(1);
              assertThat(handler.calls("away-5")).isGreaterThan(3);
            });
    handler.opened.countDown();
    assertThat(bench.awaitKeys(ANSWERS, keys -> keys.contains("away-5")))
        .doesNotContain("error:away-5");
    assertThat(bench.keys(DEAD_LETTERS)).doesNotContain("away-5");
  }

  @Test
  void shouldNotLetLargeOnesOrAFloodHoldUpASmallOne() {
    for (int i = 0; i < 3; i++) {
      bench.send("large-blocked-" + i, "a");
    }
    for (int i = 0; i < 500; i++) {
      bench.send("flood-" + i, "flood");
    }
    bench.send("ok-upload", "upload");
    bench.flush();
    List<String> answered =
        bench.awaitKeys(
            ANSWERS, keys -> keys.stream().filter(key -> key.startsWith("flood-")).count() == 500);
    assertThat(answered).doesNotContain("large-blocked-0");
    // Both producers take turns, of two threads and batches of what is done.
    long before =
        answered.subList(0, answered.indexOf("ok-upload")).stream()
            .filter(key -> key.startsWith("flood-"))
            .count();
    assertThat(before).isLessThan(400);
    // What overtook is not done again by whoever goes on.
    work.close();
    handler.opened.countDown();
    work = started();
    answered =
        bench.awaitKeys(
            ANSWERS,
            keys -> keys.stream().filter(key -> key.startsWith("large-blocked-")).count() == 3);
    assertThat(answered.stream().filter(key -> !key.startsWith("sleepy"))).doesNotHaveDuplicates();
  }

  @Test
  void shouldKeepTheOrderOfEachKey() {
    for (int i = 0; i < 200; i++) {
      bench.send("sleepy-key", Integer.toString(i));
    }
    bench.awaitKeys(ANSWERS, keys -> keys.stream().filter("sleepy-key"::equals).count() == 200);
    assertThat(handler.order).hasSize(200).isSortedAccordingTo(Integer::compare);
  }

  /** Does what a record's key says. */
  private static final class Scripted implements RecordHandler {
    final CountDownLatch opened = new CountDownLatch(1);
    final List<Integer> order = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

    int calls(String key) {
      return calls.get(key).get();
    }

    @Override
    public Traits traits(ConsumerRecord<byte[], byte[]> record) {
      return new Traits(
          text(record.headers().lastHeader("from").value()),
          text(record.key()).startsWith("large"));
    }

    @Override
    public WorkResult handle(ConsumerRecord<byte[], byte[]> record, long readNanos)
        throws PassingFaultException, InterruptedException {
      String key = text(record.key());
      calls.computeIfAbsent(key, name -> new AtomicInteger()).incrementAndGet();
      switch (key.substring(0, key.indexOf('-'))) {
        case "fails" -> throw new IllegalStateException("a fault of the record");
        case "poison" ->
            throw new io.affinage.events.EventException("invalid_json", "not an event");
        case "huge" -> {
          return new WorkResult(List.of(WorkBench.answer(record.key(), 3 << 20)));
        }
        case "away" -> {
          if (opened.getCount() > 0) {
            throw new PassingFaultException("store_away", "the store is away", null);
          }
        }
        case "large" -> opened.await();
        case "sleepy" ->
            order.add(Integer.parseInt(text(record.headers().lastHeader("from").value())));
        default -> {}
      }
      return new WorkResult(List.of(WorkBench.answer(record.key(), 10)));
    }

    @Override
    public WorkResult giveUp(ConsumerRecord<byte[], byte[]> record, ErrorDetail why) {
      byte[] key =
          ("error:" + text(record.key())).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      return new WorkResult(List.of(WorkBench.answer(key, 10)));
    }
  }
}
