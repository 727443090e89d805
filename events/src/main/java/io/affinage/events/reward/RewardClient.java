package io.affinage.events.reward;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.EventJson;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.Topics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Has completions scored by the reward service: requests go out, and their scores are recognised by
 * the request's id, which follows from its content. Asking is repeated until every score is there,
 * so a restart of either side loses nothing, and a repeated request has no second effect.
 */
public final class RewardClient {
  /** Items of one request, within what the reward service takes. */
  private static final int MAX_ITEMS = 500;

  /** Characters of one request; Kafka's default limit of a record is 1 MiB. */
  private static final int MAX_CHARACTERS = 200_000;

  /** Items of one request whose items lie in a file: what the reward service takes. */
  private static final int MAX_STORED = 1_000;

  private static final JsonMapper JSON = EventJson.mapper();
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration META = Duration.ofSeconds(30);

  /** By how much clocks may differ. */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  private final Map<String, Object> connection;
  private final Function<RewardRequested, Event<RewardRequested>> envelope;
  private final RewardSpec reward;
  private final Timing timing;
  private final Runnable whileWaiting;
  private final @Nullable BatchStore store;

  /**
   * How long scores are waited for.
   *
   * @param repeat silence after which open requests are sent again
   * @param giveUp after which there are none
   */
  public record Timing(Duration repeat, Duration giveUp) {}

  /** As the other, for batches that records hold. */
  public RewardClient(
      Map<String, Object> connection,
      Function<RewardRequested, Event<RewardRequested>> envelope,
      RewardSpec reward,
      Timing timing,
      Runnable whileWaiting) {
    this(connection, envelope, reward, timing, whileWaiting, null);
  }

  /**
   * @param envelope makes an event of a request
   * @param whileWaiting called while scores are waited for; may throw to end the wait
   * @param store for batches that a record does not hold; null where the reward service has none
   */
  public RewardClient(
      Map<String, Object> connection,
      Function<RewardRequested, Event<RewardRequested>> envelope,
      RewardSpec reward,
      Timing timing,
      Runnable whileWaiting,
      @Nullable BatchStore store) {
    this.connection = connection;
    this.envelope = envelope;
    this.reward = reward;
    this.timing = timing;
    this.whileWaiting = whileWaiting;
    this.store = store;
  }

  /**
   * Scores completions.
   *
   * @param items each with an id of its own
   * @return by item
   * @throws RewardException when there are no scores
   */
  public Map<String, RewardScored.Score> score(List<RewardRequested.Item> items) {
    return score(items, Optional.empty());
  }

  /**
   * Scores completions, for some of which scores may have been asked before.
   *
   * @param items each with an id of its own
   * @param askedSince scores that were given since then are found again, the first of each request;
   *     empty where nobody has asked yet
   * @return by item
   * @throws RewardException when there are no scores
   * @throws InterruptException when the thread is interrupted, which it then still is
   */
  public Map<String, RewardScored.Score> score(
      List<RewardRequested.Item> items, Optional<Instant> askedSince) {
    Map<String, RewardRequested> open = requests(items);
    Map<String, RewardScored.Score> scores = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer();
        Producer<String, Event<?>> producer = producer()) {
      // From the present end, unless somebody may have asked: what answers us comes later.
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REWARD_SCORED.name(), META).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, META);
      ends.forEach(consumer::seek);
      askedSince.ifPresent(since -> findAgain(since, ends, open, scores, consumer));
      await(open, scores, consumer, producer);
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      throw new RewardException(
          "scoring_unavailable", "scores cannot be asked for: " + e.getMessage(), null, e);
    }
    return scores;
  }

  /** Goes through what was answered since, up to the present end. */
  private void findAgain(
      Instant since,
      Map<TopicPartition, Long> ends,
      Map<String, RewardRequested> open,
      Map<String, RewardScored.Score> scores,
      KafkaConsumer<byte[], byte[]> consumer) {
    Map<TopicPartition, Long> times = new HashMap<>();
    ends.keySet().forEach(each -> times.put(each, since.minus(CLOCKS).toEpochMilli()));
    consumer
        .offsetsForTimes(times, META)
        .forEach(
            (partition, found) -> {
              if (found != null) {
                consumer.seek(partition, found.offset());
              }
            });
    while (!open.isEmpty()
        && ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      whileWaiting.run();
      consumer.poll(POLL).forEach(record -> take(record, open, scores));
    }
  }

  private void await(
      Map<String, RewardRequested> open,
      Map<String, RewardScored.Score> scores,
      KafkaConsumer<byte[], byte[]> consumer,
      Producer<String, Event<?>> producer) {
    long begun = System.nanoTime();
    long heard = begun;
    send(open, producer);
    while (!open.isEmpty()) {
      whileWaiting.run();
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (take(record, open, scores)) {
          heard = System.nanoTime();
        }
      }
      long now = System.nanoTime();
      if (now - begun > timing.giveUp().toNanos() && !open.isEmpty()) {
        throw new RewardException(
            "scoring_timeout",
            "the reward service did not answer %d requests within %d s; is one running?"
                .formatted(open.size(), timing.giveUp().toSeconds()),
            null,
            null);
      }
      if (now - heard > timing.repeat().toNanos()) {
        send(open, producer);
        heard = now;
      }
    }
  }

  private void send(Map<String, RewardRequested> open, Producer<String, Event<?>> producer) {
    for (RewardRequested request : open.values()) {
      producer.send(Topics.REWARD_REQUESTED.record(envelope.apply(request)));
    }
    producer.flush();
  }

  private boolean take(
      ConsumerRecord<byte[], byte[]> record,
      Map<String, RewardRequested> open,
      Map<String, RewardScored.Score> scores) {
    RewardScored scored;
    try {
      scored = EventCodec.decode(record).as(RewardScored.class).data();
    } catch (EventException e) {
      return false;
    }
    RewardRequested request = open.remove(scored.requestId());
    if (request == null) {
      return false;
    }
    if (scored.error() != null) {
      throw new RewardException(
          scored.error().code(),
          "the reward cannot score: " + scored.error().message(),
          scored.error().param(),
          null);
    }
    scoresOf(scored).forEach(score -> scores.put(score.itemId(), score));
    return true;
  }

  private List<RewardScored.Score> scoresOf(RewardScored scored) {
    if (scored.scoresArtifact() == null) {
      return scored.scores();
    }
    if (store == null) {
      throw new RewardException(
          "scoring_unavailable", "the scores lie in a store that is not known here", null, null);
    }
    try {
      return JSON.readValue(
          store.get(scored.scoresArtifact()), new TypeReference<List<RewardScored.Score>>() {});
    } catch (IOException e) {
      throw unstored(e);
    }
  }

  private static RewardException unstored(IOException e) {
    return new RewardException(
        "store_unavailable",
        "a batch of the reward service cannot be kept or read in the artifact store: "
            + e.getMessage(),
        null,
        e);
  }

  /** Of items whose conversations go along where the reward reads them, and nowhere else. */
  private Map<String, RewardRequested> requests(List<RewardRequested.Item> all) {
    List<RewardRequested.Item> items =
        reward.readsConversations()
            ? all
            : all.stream().map(RewardRequested.Item::withoutConversation).toList();
    long characters = items.stream().mapToLong(RewardClient::size).sum();
    if (store != null && (items.size() > MAX_ITEMS || characters > MAX_CHARACTERS)) {
      return stored(items);
    }
    return inRecords(items);
  }

  /** In files, so that what is normalised together stays together up to what is taken at once. */
  private Map<String, RewardRequested> stored(List<RewardRequested.Item> items) {
    Map<String, RewardRequested> requests = new LinkedHashMap<>();
    for (int from = 0; from < items.size(); from += MAX_STORED) {
      List<RewardRequested.Item> batch =
          items.subList(from, Math.min(items.size(), from + MAX_STORED));
      String id = id(batch);
      try {
        ArtifactRef file = store.put(JSON.writeValueAsBytes(batch));
        requests.put(id, new RewardRequested(id, reward, List.of(), null, file));
      } catch (IOException e) {
        throw unstored(e);
      }
    }
    return requests;
  }

  private static int size(RewardRequested.Item item) {
    return item.prompt().length()
        + item.completion().length()
        + (item.reference() == null ? 0 : item.reference().length())
        + (item.messages() == null ? 0 : ContentIds.canonicalJson(item.messages()).length())
        + (item.tools() == null ? 0 : ContentIds.canonicalJson(item.tools()).length());
  }

  private Map<String, RewardRequested> inRecords(List<RewardRequested.Item> items) {
    Map<String, RewardRequested> requests = new LinkedHashMap<>();
    List<RewardRequested.Item> batch = new ArrayList<>();
    int characters = 0;
    for (RewardRequested.Item item : items) {
      int size = size(item);
      if (!batch.isEmpty() && (batch.size() == MAX_ITEMS || characters + size > MAX_CHARACTERS)) {
        add(requests, batch);
        batch = new ArrayList<>();
        characters = 0;
      }
      batch.add(item);
      characters += size;
    }
    if (!batch.isEmpty()) {
      add(requests, batch);
    }
    return requests;
  }

  private void add(Map<String, RewardRequested> requests, List<RewardRequested.Item> batch) {
    String id = id(batch);
    requests.put(id, new RewardRequested(id, reward, batch, null));
  }

  private String id(List<RewardRequested.Item> batch) {
    return "reward-" + ContentIds.of("reward", reward, batch);
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.consumer(connection));
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    return new KafkaConsumer<>(
        configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private Producer<String, Event<?>> producer() {
    return new KafkaProducer<>(
        KafkaDefaults.producer(connection), new StringSerializer(), new EventSerializer());
  }
}
