package io.affinage.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.Intake;
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

class TrainingRequestsTest {

  /** It would become a part of the model's id. */
  @Test
  void shouldRefuseASuffixThatHttpRefuses() {
    assertThat(TrainingRequests.read(record("nails"))).isInstanceOf(Intake.Accepted.class);
    assertThat(TrainingRequests.read(record("../../x")))
        .isInstanceOfSatisfying(
            Intake.Refused.class,
            refused ->
                assertThat(refused.reason())
                    .hasMessageContaining("suffix must be up to 100 letters"));
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
