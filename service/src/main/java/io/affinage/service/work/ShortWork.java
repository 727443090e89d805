package io.affinage.service.work;

import io.affinage.events.DeadLetters;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.follow.MonitoredReader;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * The loop of short work: see the package. Work may take long, so it runs beside this thread, which
 * goes on polling: the group never takes the instance for dead. Everything that touches Kafka
 * happens on this one thread. What was done for several records becomes visible in one transaction
 * together with their offsets; when that fails, or a partition moved to another instance meanwhile,
 * nothing happened and the records are read again, here or there.
 */
public final class ShortWork implements MonitoredReader, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ShortWork.class);
  private static final Duration IDLE_POLL = Duration.ofMillis(500);
  private static final Duration BUSY_POLL = Duration.ofMillis(5);
  private static final long RECONNECT_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Most records that are read at once. */
  private static final int MAX_POLL = 500;

  /** Most bytes of unanswered records, over all partitions; one record more of each may come. */
  private static final long MAX_BYTES = 24 << 20;

  /** Most that one transaction holds, so that it never comes near its timeout. */
  private static final int MAX_BATCH_RECORDS = 200;

  private static final long MAX_BATCH_BYTES = 2 << 20;

  /** Results that a reconnection may still find. */
  private static final int REMEMBERED = 100;

  private final Topic topic;
  private final Map<String, Object> configuration;
  private final WorkConfig config;
  private final RecordHandler handler;
  private final TransactionalProducer producer;
  private final WorkMeters meters;
  private final Lane small;
  private final Lane large;
  private final List<Lane> lanes;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final AtomicLong restarts = new AtomicLong();
  private volatile Optional<String> failure = Optional.empty();

  private final Map<TopicPartition, PartitionWindow> windows = new HashMap<>();
  private final List<PendingRecord> pausing = new ArrayList<>();
  private final Set<PendingRecord> heldByFault = new HashSet<>();
  private final Deque<PendingRecord> answered = new ArrayDeque<>();
  private final Queue<PendingRecord> ended = new ConcurrentLinkedQueue<>();
  private int oneByOne;

  /** The deaths of what this process began: it has not died of it. */
  private final Map<String, Integer> begunHere =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          return size() > 100 * REMEMBERED;
        }
      };

  /** What goes on or was just done, so that a record that is read again joins it. */
  private final Map<String, CompletableFuture<WorkResult>> results =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(
            Map.Entry<String, CompletableFuture<WorkResult>> eldest) {
          return size() > REMEMBERED && eldest.getValue().isDone();
        }
      };

  /**
   * @param group the consumer group, and the start of the producer's transactional id
   * @param smallThreads records worked on at once, of the small ones
   * @param largeThreads and of the large ones
   */
  public ShortWork(
      String group,
      Topic topic,
      Map<String, Object> connection,
      WorkConfig config,
      int smallThreads,
      int largeThreads,
      RecordHandler handler,
      MeterRegistry meters) {
    this.topic = topic;
    this.config = config;
    this.handler = handler;
    this.configuration = KafkaDefaults.consumer(connection);
    this.configuration.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    this.configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL);
    this.configuration.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    this.producer =
        new TransactionalProducer(
            connection, TransactionalIds.of(group, config.instance()), config.transactionTimeout());
    this.meters = new WorkMeters(meters, topic);
    this.small = new Lane(group + "-small", smallThreads);
    this.large = new Lane(group + "-large", largeThreads);
    this.lanes = List.of(small, large);
    this.thread = new Thread(this::run, group);
  }

  /** Begins to take records. */
  public void start() {
    thread.start();
  }

  @Override
  public String name() {
    return "work-" + topic.name();
  }

  @Override
  public Optional<String> trouble() {
    boolean ended = thread.getState() != Thread.State.NEW && !thread.isAlive();
    return ended ? Optional.of("it has ended") : failure;
  }

  @Override
  public long restarts() {
    return restarts.get();
  }

  /** What is under way is given up; its records stay unanswered. */
  @Override
  public void close() {
    stopped.countDown();
    try {
      if (thread.isAlive()) {
        // First it tells that nothing is under way here any more, which is no death.
        thread.join(TimeUnit.SECONDS.toMillis(10));
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lanes.forEach(Lane::stop);
    producer.close();
  }

  private void run() {
    try {
      do {
        try {
          consume();
        } catch (InterruptException e) {
          return;
        } catch (Throwable e) {
          // Whatever it was: from what is committed on, with new connections.
          told(e);
        }
      } while (!stopped.await(RECONNECT_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void told(Throwable e) {
    restarts.incrementAndGet();
    failure = Optional.of(e.toString());
    if (e instanceof KafkaException) {
      LOG.warnf("Records of %s cannot be taken, trying again: %s", topic.name(), e);
    } else {
      LOG.errorf(e, "Records of %s cannot be taken, trying again", topic.name());
    }
  }

  private boolean running() {
    return stopped.getCount() > 0;
  }

  private void consume() {
    forgetAll();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Assignment assignment = new Assignment(consumer);
      try {
        consumer.subscribe(List.of(topic.name()), assignment);
        while (running()) {
          turn(consumer);
        }
        assignment.onPartitionsRevoked(List.copyOf(windows.keySet()));
      } finally {
        // After a failure only the broker knows what is committed; nothing must be told over it.
        windows.clear();
      }
    }
  }

  private void turn(KafkaConsumer<byte[], byte[]> consumer) {
    take(consumer.poll(isBusy() ? BUSY_POLL : IDLE_POLL));
    takeEnded();
    commit(consumer);
    resumePausing();
    begin(consumer);
    holdBack(consumer);
    meters.state(
        windows.values().stream().mapToInt(PartitionWindow::size).sum(), heldByFault.size());
    failure = Optional.empty();
  }

  private void forgetAll() {
    windows.clear();
    lanes.forEach(lane -> lane.waiting().removeIf(work -> true));
    pausing.clear();
    heldByFault.clear();
    answered.clear();
    oneByOne = 0;
  }

  private boolean isBusy() {
    return windows.values().stream().anyMatch(window -> window.size() > 0);
  }

  private void take(ConsumerRecords<byte[], byte[]> read) {
    for (ConsumerRecord<byte[], byte[]> record : read) {
      PendingRecord work = new PendingRecord(record, traits(record));
      PartitionWindow window = windows.get(work.partition());
      Integer deaths = begunHere.get(work.toString());
      if (window != null && deaths != null) {
        window.correctDeaths(work, deaths);
      }
      if (window != null && window.add(work)) {
        wait(work);
      }
    }
  }

  private Traits traits(ConsumerRecord<byte[], byte[]> record) {
    try {
      return handler.traits(record);
    } catch (RuntimeException | StackOverflowError e) {
      // Whatever is wrong with it, the work on it will tell.
      return new Traits("", false);
    }
  }

  /** What the workers have ended since. */
  private void takeEnded() {
    for (PendingRecord work = ended.poll(); work != null; work = ended.poll()) {
      lane(work).ended(work);
      if (!isOurs(work)) {
        continue;
      }
      try {
        work.result().join();
        answered.add(work);
      } catch (CompletionException e) {
        results.remove(work.toString());
        failed(work, e.getCause());
      }
    }
  }

  /** Whether the record is still to be answered here. */
  private boolean isOurs(PendingRecord work) {
    PartitionWindow window = windows.get(work.partition());
    return window != null && window.contains(work);
  }

  private void failed(PendingRecord work, Throwable cause) {
    if (cause instanceof EventException poison) {
      LOG.warnf("Poison at %s: %s", work, poison.getMessage());
      answerWith(work, new WorkResult(List.of(deadLetter(work, poison))));
      return;
    }
    if (cause instanceof NotYetException wait) {
      work.waits(System.nanoTime() + wait.pause().toNanos());
      pausing.add(work);
      return;
    }
    // What the work itself asked of Kafka: the broker is away.
    boolean passing = cause instanceof PassingFaultException || cause instanceof KafkaException;
    if (!passing && work.failures() + 1 >= config.tries()) {
      LOG.errorf(cause, "Giving up %s", work);
      giveUp(work, RecordFaults.failed(work.failures() + 1, cause));
      return;
    }
    if (passing) {
      meters.passingFault();
      heldByFault.add(work);
      LOG.warnf("Waiting with %s: %s", work, cause.getMessage());
    } else {
      meters.failed();
      LOG.warnf(cause, "The work on %s failed, trying again", work);
    }
    work.again(System.nanoTime() + pauseNanos(work.tries()), !passing);
    pausing.add(work);
  }

  private long pauseNanos(int tries) {
    return Math.min(LONGEST_PAUSE_NANOS, config.pause().toNanos() << Math.min(tries, 16));
  }

  private void giveUp(PendingRecord work, ErrorDetail why) {
    ProducerRecord<byte[], byte[]> letter =
        deadLetter(work, new RecordFaults.GivenUpException(why));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(List.of(letter));
    try {
      records.addAll(handler.giveUp(work.record(), why).records());
    } catch (RuntimeException e) {
      LOG.warnf("No answer to %s but a dead letter: %s", work, e);
    }
    answerWith(work, new WorkResult(records));
  }

  private ProducerRecord<byte[], byte[]> deadLetter(PendingRecord work, Exception reason) {
    meters.deadLetter();
    return DeadLetters.of(topic, work.record(), reason);
  }

  private void answerWith(PendingRecord work, WorkResult answer) {
    work.begin(CompletableFuture.completedFuture(answer));
    answered.add(work);
  }

  private void commit(KafkaConsumer<byte[], byte[]> consumer) {
    while (!answered.isEmpty() && running()) {
      List<PendingRecord> batch = batch();
      try {
        write(consumer, batch);
      } catch (NotWrittenException e) {
        if (RecordFaults.isOfTheGroup(e)) {
          LOG.debugf("A rebalance comes first: %s", e);
          return;
        }
        if (!RecordFaults.isOfTheAnswer(e)) {
          throw e;
        }
        refused(batch, e);
        continue;
      }
      answered.removeAll(batch);
      oneByOne = Math.max(0, oneByOne - batch.size());
      for (PendingRecord work : batch) {
        results.remove(work.toString());
        begunHere.remove(work.toString());
        heldByFault.remove(work);
        work.result().join().committed().run();
        windows.get(work.partition()).answered(work).ifPresent(this::wait);
      }
    }
  }

  private List<PendingRecord> batch() {
    List<PendingRecord> batch = new ArrayList<>();
    long bytes = 0;
    int most = oneByOne > 0 ? 1 : MAX_BATCH_RECORDS;
    for (PendingRecord work : answered) {
      bytes += work.result().join().size();
      if (batch.size() >= most || !batch.isEmpty() && bytes > MAX_BATCH_BYTES) {
        break;
      }
      batch.add(work);
    }
    return batch;
  }

  /** The broker takes something of it never: which, is found out by writing one by one. */
  private void refused(List<PendingRecord> batch, NotWrittenException e) {
    if (batch.size() > 1) {
      oneByOne = batch.size();
      return;
    }
    PendingRecord work = batch.get(0);
    answered.remove(work);
    LOG.errorf("The answer to %s cannot be written: %s", work, e);
    if (work.isGivenUp()) {
      // Not even the error: the dead letter alone, which is cut to what any broker takes.
      answerWith(
          work,
          new WorkResult(
              List.of(
                  DeadLetters.of(
                      topic,
                      work.record(),
                      new RecordFaults.GivenUpException(RecordFaults.unwritable(e))))));
    } else {
      work.givenUp();
      giveUp(work, RecordFaults.unwritable(e));
    }
  }

  private void write(KafkaConsumer<byte[], byte[]> consumer, Collection<PendingRecord> batch) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    batch.forEach(work -> records.addAll(work.result().join().records()));
    Map<TopicPartition, Set<PendingRecord>> byPartition =
        batch.stream().collect(Collectors.groupingBy(PendingRecord::partition, Collectors.toSet()));
    producer.write(records, offsets(byPartition), consumer.groupMetadata());
    byPartition.keySet().forEach(partition -> windows.get(partition).marked());
  }

  private Map<TopicPartition, OffsetAndMetadata> offsets(
      Map<TopicPartition, Set<PendingRecord>> answeredBy) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    answeredBy.forEach(
        (partition, works) ->
            offsets.put(partition, windows.get(partition).after(works, underWay(partition))));
    return offsets;
  }

  private Set<PendingRecord> underWay(TopicPartition partition) {
    return lanes.stream()
        .flatMap(lane -> lane.underWay().stream())
        .filter(work -> work.partition().equals(partition) && isOurs(work))
        .collect(Collectors.toSet());
  }

  private void resumePausing() {
    long now = System.nanoTime();
    List<PendingRecord> again =
        pausing.stream().filter(work -> work.notBefore() - now <= 0).toList();
    pausing.removeAll(again);
    again.stream().filter(this::isOurs).forEach(this::wait);
  }

  private void begin(KafkaConsumer<byte[], byte[]> consumer) {
    // Answers that cannot be committed must not pile up.
    for (Lane lane : lanes) {
      boolean begins = true;
      while (begins && running() && answered.isEmpty() && lane.hasRoom()) {
        boolean taken = lane.has(this::isCareful);
        Optional<PendingRecord> next = lane.waiting().next(work -> !(taken && isCareful(work)));
        begins = next.isPresent() && begin(consumer, next.get());
      }
    }
  }

  private boolean isCareful(PendingRecord work) {
    return isOurs(work) && windows.get(work.partition()).isCareful();
  }

  /** Whether the loop may go on beginning; a rebalance must be taken part in first. */
  private boolean begin(KafkaConsumer<byte[], byte[]> consumer, PendingRecord work) {
    PartitionWindow window = windows.get(work.partition());
    if (window.deaths(work) >= config.deaths()) {
      LOG.errorf("Giving up %s: the service died %d times in it", work, window.deaths(work));
      giveUp(work, RecordFaults.died(window.deaths(work)));
      return true;
    }
    if ((window.isCareful() || !window.isMarked()) && !mark(consumer, window, work)) {
      wait(work);
      return false;
    }
    begunHere.putIfAbsent(work.toString(), window.deaths(work));
    heldByFault.remove(work);
    Lane lane = lane(work);
    CompletableFuture<WorkResult> known = results.get(work.toString());
    if (known != null) {
      work.begin(known);
      lane.underWay().add(work);
      known.whenComplete((answer, e) -> ended.add(work));
      return true;
    }
    CompletableFuture<WorkResult> result = new CompletableFuture<>();
    results.put(work.toString(), result);
    work.begin(result);
    lane.begin(work, () -> run(work, result));
    return true;
  }

  /** Tells that the record is begun, in case that the process does not survive it. */
  private boolean mark(
      KafkaConsumer<byte[], byte[]> consumer, PartitionWindow window, PendingRecord work) {
    Set<PendingRecord> begun = underWay(work.partition());
    begun.add(work);
    try {
      producer.write(
          List.of(),
          Map.of(work.partition(), window.after(Set.of(), begun)),
          consumer.groupMetadata());
    } catch (NotWrittenException e) {
      if (!RecordFaults.isOfTheGroup(e)) {
        throw e;
      }
      LOG.debugf("A rebalance comes first: %s", e);
      return false;
    }
    window.marked();
    return true;
  }

  private void wait(PendingRecord work) {
    lane(work).waiting().add(work);
  }

  private void run(PendingRecord work, CompletableFuture<WorkResult> result) {
    try {
      result.complete(handler.handle(work.record(), work.readNanos()));
    } catch (Throwable e) {
      result.completeExceptionally(e);
    } finally {
      ended.add(work);
    }
  }

  private Lane lane(PendingRecord work) {
    return work.traits().large() ? large : small;
  }

  /** Reads no more of a partition of which enough is here. */
  private void holdBack(KafkaConsumer<byte[], byte[]> consumer) {
    Set<TopicPartition> full = new HashSet<>();
    Set<TopicPartition> free = new HashSet<>();
    long share = MAX_BYTES / Math.max(1, windows.size());
    windows.forEach((partition, window) -> (window.isFull(share) ? full : free).add(partition));
    full.removeAll(consumer.paused());
    free.retainAll(consumer.paused());
    consumer.pause(full);
    consumer.resume(free);
  }

  /** What moves to another instance is answered there. */
  private final class Assignment implements ConsumerRebalanceListener {
    private final KafkaConsumer<byte[], byte[]> consumer;

    private Assignment(KafkaConsumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      if (assigned.isEmpty()) {
        return;
      }
      Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Set.copyOf(assigned));
      for (TopicPartition partition : assigned) {
        OffsetAndMetadata at = committed.get(partition);
        windows.put(
            partition,
            at == null
                ? new PartitionWindow(consumer.position(partition), WindowMark.none())
                : new PartitionWindow(at.offset(), WindowMark.parse(at.metadata())));
      }
    }

    /** Nothing is under way here any more, which is no death. */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      Map<TopicPartition, OffsetAndMetadata> left = new HashMap<>();
      for (TopicPartition partition : revoked) {
        PartitionWindow window = windows.get(partition);
        if (window != null && window.isMarked()) {
          left.put(partition, window.after(Set.of(), Set.of()));
        }
      }
      try {
        if (!left.isEmpty()) {
          producer.write(List.of(), left, consumer.groupMetadata());
        }
      } catch (KafkaException e) {
        LOG.debugf("Not told that %s are left: %s", left.keySet(), e);
      }
      onPartitionsLost(revoked);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
      lost.forEach(windows::remove);
      lanes.forEach(
          lane -> lane.waiting().removeIf(work -> !windows.containsKey(work.partition())));
      pausing.removeIf(work -> !windows.containsKey(work.partition()));
      heldByFault.removeIf(work -> !windows.containsKey(work.partition()));
      answered.removeIf(work -> !windows.containsKey(work.partition()));
    }
  }
}
