package io.affinage.cli.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.cli.client.EventReader;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Everything that was said on Kafka, each event as often as it was sent. */
final class EventWatch implements AutoCloseable {
  private static final Duration BOUND = Duration.ofMinutes(3);

  private final Map<Class<?>, List<EventData>> events = new LinkedHashMap<>();
  private final List<EventReader.DeadLetter> deadLetters = new ArrayList<>();
  private final EventReader reader;

  EventWatch(String bootstrapServers) {
    reader =
        new EventReader(Map.of("bootstrap.servers", bootstrapServers), this::add, deadLetters::add);
    reader.catchUp();
  }

  private void add(Event<?> event) {
    events.computeIfAbsent(event.data().getClass(), type -> new ArrayList<>()).add(event.data());
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
    reader.catchUp();
    return this;
  }

  List<EventReader.DeadLetter> deadLetters() {
    return deadLetters;
  }

  @Override
  public void close() {
    reader.close();
  }
}
