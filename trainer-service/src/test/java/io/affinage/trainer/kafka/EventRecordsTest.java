package io.affinage.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.events.ArtifactRef;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.EventFactory;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.spec.SpecResolver;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class EventRecordsTest {

  /** It would become a part of the model's id. */
  @Test
  void shouldRefuseASuffixThatHttpRefuses() {
    assertThat(EventRecords.read(record("nails")).data()).isInstanceOf(TrainingRequested.class);
    assertThatThrownBy(() -> EventRecords.read(record("../../x")))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("suffix must be up to 100 letters");
    assertThat(EventRecords.readOrSkip(record("../../x"))).isEmpty();
  }

  private static ConsumerRecord<byte[], byte[]> record(String suffix) {
    ArtifactRef dataset = new ArtifactRef("sha256:" + "1a".repeat(32), ArtifactRef.Kind.FOLDER, 10);
    TrainingRequested request =
        new TrainingRequested(
            "job-1", "scratch", dataset, "nails", SpecResolver.empty(), suffix, null, null);
    RecordHeaders headers = new RecordHeaders();
    byte[] value =
        EventCodec.encode(
            new EventFactory("/test", Clock.systemUTC()).create(request, null), headers);
    return new ConsumerRecord<>(
        Topics.TRAINING_REQUESTED.name(),
        0,
        0,
        1_000,
        TimestampType.CREATE_TIME,
        5,
        value.length,
        "job-1".getBytes(StandardCharsets.UTF_8),
        value,
        headers,
        Optional.empty());
  }
}
