package io.affinage.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.broker.testing.ExampleRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The records that other modules' tests begin with. With {@code -Daffinage.regenerate=true} they
 * are written anew from this module's examples.
 */
class ExampleRecordsTest {
  private static final Path FILE =
      Path.of("../broker/src/main/resources/io/affinage/broker/testing/example-records.tsv");

  @BeforeAll
  static void regenerate() throws IOException {
    if (Boolean.getBoolean("affinage.regenerate")) {
      Files.createDirectories(FILE.getParent());
      Files.write(FILE, lines());
    }
  }

  @Test
  void shouldBeThoseOfTheExamples() throws IOException {
    assertThat(FILE).content().isEqualTo(String.join("\n", lines()) + "\n");
  }

  /** With the keys of maps sorted: the order of {@code Map.of} changes from run to run. */
  private static List<String> lines() throws IOException {
    JsonMapper mapper = EventJson.mapper();
    mapper.enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    List<String> lines = new ArrayList<>();
    for (Topic topic : Topics.events()) {
      for (EventData data : ExampleEvents.all().toList()) {
        if (topic.accepts().contains(EventType.of(data))) {
          lines.add(
              String.join(
                  "\t",
                  topic.name(),
                  EventType.of(data).typeName(),
                  topic.keyOf(data),
                  mapper.writeValueAsString(data)));
        }
      }
    }
    return lines;
  }

  @Test
  void shouldBeReadAsEveryEventOfEveryTopic() {
    for (Topic topic : Topics.events()) {
      Set<EventType> types = EnumSet.noneOf(EventType.class);
      for (ProducerRecord<byte[], byte[]> record : ExampleRecords.of(topic.name())) {
        Event<?> event =
            EventCodec.decode(
                new ConsumerRecord<>(
                    topic.name(),
                    0,
                    0,
                    0,
                    TimestampType.CREATE_TIME,
                    -1,
                    -1,
                    record.key(),
                    record.value(),
                    record.headers(),
                    Optional.empty()));
        assertThat(topic.keyOf(event.data())).isEqualTo(new String(record.key(), UTF_8));
        types.add(event.metadata().type());
      }
      assertThat(types).as(topic.name()).isEqualTo(topic.accepts());
    }
  }
}
