package io.affinage.cli.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.cli.client.DeadLetter;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicListener;
import io.affinage.events.follow.TopicReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Everything that was said on Kafka, each event as often as it was sent. */
final class EventWatch implements AutoCloseable {
  private static final Duration BOUND = Duration.ofMinutes(3);

  private final Map<Class<?>, List<EventData>> events = new LinkedHashMap<>();
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private final String bootstrapServers;
  private TopicReader reader;

  EventWatch(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
    this.reader = fromTheBeginning();
  }

  private TopicReader fromTheBeginning() {
    TopicReader all =
        new TopicReader(
            Map.of("bootstrap.servers", bootstrapServers), Topics.all(), new Remembering());
    all.catchUp(BOUND);
    return all;
  }

  private final class Remembering implements TopicListener {
    @Override
    public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
      events.computeIfAbsent(event.data().getClass(), type -> new ArrayList<>()).add(event.data());
    }

    @Override
    public void deadLetter(ConsumerRecord<byte[], byte[]> record) {
      deadLetters.add(DeadLetter.of(record));
    }
  }

  /** Events of a type read up to now. */
  <T extends EventData> List<T> all(Class<T> type, Predicate<T> which) {
    return events.getOrDefault(type, List.of()).stream().map(type::cast).filter(which).toList();
  }

  /** The first such event, waited for. */
  <T extends EventData> T await(Class<T> type, Predicate<T> which) {
    long start = System.nanoTime();
    while (all(type, which).isEmpty()) {
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("a %s arrives", type.getSimpleName())
          .isLessThan(BOUND);
      reader.poll(Duration.ofMillis(50));
    }
    return all(type, which).get(0);
  }

  /** Reads what there is now. */
  EventWatch upToNow() {
    events.clear();
    deadLetters.clear();
    reader.close();
    reader = fromTheBeginning();
    return this;
  }

  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  @Override
  public void close() {
    reader.close();
  }
}
