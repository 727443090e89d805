package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.broker.testing.HostileRecords;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.JobViews;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever lies on a topic is read as an event or refused, and an event that is read is usable. */
class HostileRecordsTest {
  private static final int OF_EACH_EVENT = 60;
  private static final EventFactory EVENTS = new EventFactory("/affinage/test", Clock.systemUTC());

  static List<Topic> topics() {
    return Topics.events();
  }

  @ParameterizedTest
  @MethodSource("topics")
  void shouldReadOrRefuseEveryRecord(Topic topic) {
    HostileRecords hostility = new HostileRecords(topic.name().hashCode());
    int read = 0;
    int refused = 0;
    for (EventData data : ExampleEvents.all().toList()) {
      if (!topic.accepts().contains(EventType.of(data))) {
        continue;
      }
      ProducerRecord<byte[], byte[]> good = record(topic, data);
      List<HostileRecords.Hostile> records =
          Stream.concat(hostility.each(good), hostility.some(good, OF_EACH_EVENT)).toList();
      for (HostileRecords.Hostile hostile : records) {
        if (isRead(topic, hostile)) {
          read++;
        } else {
          refused++;
        }
      }
      assertThat(EventCodec.decode(HostileRecords.asRead(good)).data()).isEqualTo(data);
    }
    // Both happen, or the generator tests nothing.
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  private static boolean isRead(Topic topic, HostileRecords.Hostile hostile) {
    ConsumerRecord<byte[], byte[]> record = HostileRecords.asRead(hostile.record());
    try {
      Event<?> event = EventCodec.decode(record);
      // Whatever follows from it can be written.
      EventCodec.encode(EVENTS.causedBy(event, event.data()), new RecordHeaders());
      return true;
    } catch (EventException e) {
      assertThat(e.getMessage()).as(hostile.kind()).doesNotContain("\n").hasSizeLessThan(700);
      if (topic.hasDeadLetters()) {
        DeadLetters.of(topic, record, e);
      }
      return false;
    } catch (Throwable e) {
      throw new AssertionError(hostile.kind(), e);
    }
  }

  @Test
  void shouldFoldWhateverLiesOnAJobLog() {
    HostileRecords hostility = new HostileRecords(7);
    JobViews views = new JobViews();
    int folded = 0;
    for (JobLog log : JobLog.values()) {
      for (EventData data : ExampleEvents.all().toList()) {
        if (!log.topic().accepts().contains(EventType.of(data))) {
          continue;
        }
        ProducerRecord<byte[], byte[]> good = record(log.topic(), data);
        for (HostileRecords.Hostile hostile :
            Stream.concat(hostility.each(good), hostility.some(good, OF_EACH_EVENT)).toList()) {
          folded += fold(log, views, hostile) ? 1 : 0;
        }
      }
    }
    assertThat(folded).isGreaterThan(1_000);
    JobEntry claim = new JobEntry.Claimed("good", 1, "w", Duration.ofSeconds(30));
    assertThat(views.apply("good", claim, Instant.EPOCH).state())
        .isInstanceOf(JobState.Running.class);
  }

  private static boolean fold(JobLog log, JobViews views, HostileRecords.Hostile hostile) {
    try {
      Event<?> event = EventCodec.decode(HostileRecords.asRead(hostile.record()));
      log.entry(event.data())
          .ifPresent(
              entry ->
                  views.apply(
                      event.metadata().id() + hostile.kind(),
                      entry,
                      Instant.ofEpochMilli(Long.MAX_VALUE)));
      return true;
    } catch (EventException | IllegalArgumentException e) {
      return false;
    } catch (RuntimeException e) {
      throw new AssertionError(hostile.kind(), e);
    }
  }

  private static ProducerRecord<byte[], byte[]> record(Topic topic, EventData data) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(EVENTS.create(data, "run-1"), headers);
    byte[] key = topic.keyOf(data).getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(topic.name(), 0, key, value, headers);
  }
}
