package io.affinage.service.work;

import static io.affinage.service.work.WorkBench.ANSWERS;
import static io.affinage.service.work.WorkBench.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What becomes of readers when a producer dies in a transaction: here it is simply abandoned. */
class OpenTransactionIT {
  private static TestBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = TestBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  /**
   * The bound is what both sides are told: the producer's timeout, and how often it is looked at.
   */
  @Test
  void shouldBoundItByTheSettingsOfBothSides() throws ExecutionException, InterruptedException {
    try (WorkBench bench = new WorkBench(broker.bootstrapServers(), 1);
        TransactionalProducer producer = producer(bench, "bound", Duration.ofSeconds(5));
        Admin admin = Admin.create(bench.connection())) {
      assertThat(producer.configuration())
          .containsEntry(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 5_000);
      ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
      Config settings = admin.describeConfigs(List.of(node)).all().get().get(node);
      String interval = "transaction.abort.timed.out.transaction.cleanup.interval.ms";
      assertThat(settings.get(interval).value()).isEqualTo("1000");
    }
  }

  @Test
  void shouldShowReadersThatAreHeldBackAndEndIt() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (WorkBench bench = new WorkBench(broker.bootstrapServers(), 1);
        HeldBackReaders readers =
            new HeldBackReaders(List.of(Topics.REWARD_SCORED), bench.connection(), meters);
        Dead dead = dieIn(bench, "died-1", Duration.ofSeconds(5));
        TransactionalProducer other = producer(bench, "other", Duration.ofSeconds(5))) {
      readers.start();
      assertThat(dead.producer()).isNotNull();
      other.write(List.of(WorkBench.answer("later".getBytes(UTF_8), 10)));
      await()
          .atMost(SOON)
          .until(
              () ->
                  meters.get("affinage.events.held.back").timeGauge().value(TimeUnit.SECONDS) > 0);
      assertThat(bench.awaitKeys(ANSWERS, keys -> keys.contains("later"))).doesNotContain("died-1");
      await()
          .atMost(SOON)
          .until(
              () ->
                  meters.get("affinage.events.held.back").timeGauge().value(TimeUnit.SECONDS) == 0);
    }
  }

  /** A quarter of an hour is left: that readers go on shows that the newcomer ended it. */
  @Test
  void shouldEndItAsSoonAsAProcessOfTheSameNameConnects() {
    String id = TransactionalIds.of("role", Optional.of("instance-1"));
    try (WorkBench bench = new WorkBench(broker.bootstrapServers(), 1);
        Dead dead = dieIn(bench, id, Duration.ofMinutes(15));
        TransactionalProducer again = producer(bench, id, Duration.ofSeconds(5))) {
      assertThat(dead.producer()).isNotNull();
      again.write(List.of(WorkBench.answer("again".getBytes(UTF_8), 10)));
      assertThat(bench.awaitKeys(ANSWERS, keys -> keys.contains("again"))).doesNotContain(id);
    }
  }

  @Test
  void shouldNameProcessesDifferentlyUnlessTold() {
    assertThat(TransactionalIds.of("r", Optional.empty()))
        .isNotEqualTo(TransactionalIds.of("r", Optional.empty()));
    assertThat(TransactionalIds.of("r", Optional.of("1"))).isEqualTo("r-1");
  }

  @Test
  void shouldKnowThatNothingBecameVisible() {
    try (WorkBench bench = new WorkBench(broker.bootstrapServers(), 1);
        TransactionalProducer producer = producer(bench, "huge", Duration.ofSeconds(5))) {
      assertThatThrownBy(
              () ->
                  producer.write(
                      List.of(
                          WorkBench.answer("small".getBytes(UTF_8), 10),
                          WorkBench.answer("huge".getBytes(UTF_8), 3 << 20))))
          .isInstanceOf(NotWrittenException.class)
          .matches(RecordFaults::isOfTheAnswer);
      producer.write(List.of(WorkBench.answer("next".getBytes(UTF_8), 10)));
      assertThat(bench.awaitKeys(ANSWERS, keys -> keys.contains("next"))).doesNotContain("small");
    }
  }

  @Test
  void shouldWriteWhatSeveralThreadsWantWholeAndOnce() throws Exception {
    try (WorkBench bench = new WorkBench(broker.bootstrapServers(), 1);
        SharedTransactions transactions =
            new SharedTransactions(producer(bench, "shared", Duration.ofSeconds(5)))) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<String> expected = new ArrayList<>();
      List<Future<?>> writes = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        List<String> pair = List.of("shared-" + i + "a", "shared-" + i + "b");
        expected.addAll(pair);
        writes.add(
            threads.submit(
                () ->
                    transactions.write(
                        pair.stream()
                            .map(key -> WorkBench.answer(key.getBytes(UTF_8), 10))
                            .toList())));
      }
      for (Future<?> write : writes) {
        write.get();
      }
      threads.shutdown();
      List<String> visible = bench.awaitKeys(ANSWERS, keys -> keys.containsAll(expected));
      assertThat(visible.stream().filter(key -> key.startsWith("shared-")))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static TransactionalProducer producer(WorkBench bench, String id, Duration timeout) {
    return new TransactionalProducer(bench.connection(), id, timeout);
  }

  /** Left with a record on the broker in an open transaction. */
  private record Dead(KafkaProducer<byte[], byte[]> producer) implements AutoCloseable {
    @Override
    public void close() {
      producer.close(Duration.ZERO);
    }
  }

  private static Dead dieIn(WorkBench bench, String id, Duration timeout) {
    Map<String, Object> configuration;
    try (TransactionalProducer settings = producer(bench, id, timeout)) {
      configuration = settings.configuration();
    }
    KafkaProducer<byte[], byte[]> dead =
        new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer());
    dead.initTransactions();
    dead.beginTransaction();
    dead.send(WorkBench.answer(id.getBytes(UTF_8), 10));
    dead.flush();
    return new Dead(dead);
  }
}
