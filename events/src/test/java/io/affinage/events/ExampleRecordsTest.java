package io.affinage.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.broker.testing.ExampleRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** The records that other modules' tests begin with are this module's examples. */
class ExampleRecordsTest {
  private static final Path FILE =
      Path.of("../broker/src/main/resources/io/affinage/broker/testing/example-records.tsv");

  @Test
  void shouldBeTheExamplesOfEveryTopic() throws IOException {
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
                  EventJson.mapper().writeValueAsString(data)));
        }
      }
    }
    if (Boolean.getBoolean("affinage.regenerate")) {
      Files.createDirectories(FILE.getParent());
      Files.write(FILE, lines);
    }
    assertThat(Files.readAllLines(FILE)).isEqualTo(lines);
  }

  @Test
  void shouldBeReadAsEvents() {
    for (Topic topic : Topics.events()) {
      List<ProducerRecord<byte[], byte[]>> records = ExampleRecords.of(topic.name());
      assertThat(records).isNotEmpty();
      for (ProducerRecord<byte[], byte[]> record : records) {
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
      }
    }
  }
}
