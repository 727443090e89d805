package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.RolloutsSampled;
import io.affinage.events.RolloutsScored;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.spec.SpecResolver;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Which artifacts are in use. */
class ReachedTest {
  private static final EventFactory EVENTS = new EventFactory("/test", Clock.systemUTC());
  private final Reached reached = new Reached();

  private static ArtifactRef ref(String byteOfIt) {
    return new ArtifactRef("sha256:" + byteOfIt.repeat(32), ArtifactRef.Kind.FOLDER, 1);
  }

  private void read(EventData data, long at) {
    Event<?> event = EVENTS.create(data);
    reached.event(
        event,
        new ConsumerRecord<>(
            "any",
            0,
            0,
            at,
            TimestampType.CREATE_TIME,
            0,
            0,
            null,
            null,
            new RecordHeaders(),
            Optional.empty()));
  }

  private void job(String id, String dataset, String checkpoint, String rollouts, long at) {
    read(
        new TrainingRequested(
            id,
            "artifact:" + ref("aa").digest(),
            ref(dataset),
            "name",
            SpecResolver.empty(),
            null,
            null,
            null),
        at);
    read(new TrainingCheckpointed(id, 1, "w", 5, ref(checkpoint), null), at + 1);
    read(new RolloutsSampled(id, 1, "w", 0, "sha256:p", ref(rollouts), 8, null), at + 2);
    read(new RolloutsScored(id, 1, "w", 0, ref(rollouts).digest(), ref(rollouts)), at + 3);
  }

  @Test
  void shouldKeepWhatUnfinishedJobsHaveAndNoCheckpointsOfEndedOnes() {
    job("ended", "01", "02", "03", 1_000);
    read(new TrainingFailed("ended", 1, "w", new ErrorDetail("x", "y", null), null), 2_000);
    job("open", "04", "05", "06", 3_000);

    assertThat(reached.digests())
        .containsExactlyInAnyOrder(
            ref("aa").digest(),
            ref("01").digest(),
            ref("04").digest(),
            ref("05").digest(),
            ref("06").digest());
    assertThat(reached.oldestWork()).contains(Instant.ofEpochMilli(3_000));
    assertThat(reached.openWork()).isEqualTo(1);
  }

  @Test
  void shouldWaitForNothingWhereAllHasEnded() {
    assertThat(reached.oldestWork()).isEmpty();
    assertThat(reached.digests()).isEmpty();
  }
}
