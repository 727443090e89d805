package io.affinage.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.DefaultRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class DeadLettersTest {
  private static final int KAFKA_LIMIT = 1 << 20;
  private static final EventException REASON = new EventException("invalid_json", "not JSON");

  @Test
  void shouldKeepTheRecordAndSayWhereItCameFromAndWhy() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("ce_id", bytes("7")).add("dead-letter-reason", bytes("an older one"));

    ProducerRecord<byte[], byte[]> letter = letter(bytes("k"), bytes("garbage"), headers);

    assertThat(letter.topic()).isEqualTo("reward.requested.dlq");
    assertThat(letter.key()).isEqualTo(bytes("k"));
    assertThat(letter.value()).isEqualTo(bytes("garbage"));
    assertThat(text(letter, "ce_id")).isEqualTo("7");
    assertThat(text(letter, "dead-letter-topic")).isEqualTo("reward.requested");
    assertThat(text(letter, "dead-letter-partition")).isEqualTo("3");
    assertThat(text(letter, "dead-letter-offset")).isEqualTo("42");
    assertThat(letter.headers().headers("dead-letter-reason")).hasSize(1);
    assertThat(text(letter, "dead-letter-reason")).isEqualTo("[invalid_json] not JSON");
    assertThat(letter.headers().lastHeader("dead-letter-cut")).isNull();
  }

  @Test
  void shouldKeepARecordWithoutKeyAndValue() {
    ProducerRecord<byte[], byte[]> letter = letter(null, null, new RecordHeaders());

    assertThat(letter.key()).isNull();
    assertThat(letter.value()).isNull();
  }

  @Test
  void shouldFitIntoKafkasLimitWhateverTheRecordIs() {
    byte[] large = new byte[KAFKA_LIMIT - 200];
    RecordHeaders many = new RecordHeaders();
    many.add("ce_correlationid", bytes("run-1"));
    for (int i = 0; i < 50_000; i++) {
      many.add("x", bytes("0123456789"));
    }
    RecordHeaders huge = new RecordHeaders();
    huge.add("ce_id", large).add("y", large);

    for (ProducerRecord<byte[], byte[]> letter :
        List.of(
            letter(bytes("k"), large, new RecordHeaders()),
            letter(large, large, new RecordHeaders()),
            letter(large, null, many),
            letter(null, large, huge))) {
      assertThat(size(letter)).isLessThan(KAFKA_LIMIT - 1_000);
      assertThat(text(letter, "dead-letter-cut")).startsWith("of ");
      assertThat(text(letter, "dead-letter-reason")).isEqualTo("[invalid_json] not JSON");
    }
    assertThat(text(letter(large, null, many), "ce_correlationid")).isEqualTo("run-1");
  }

  private static int size(ProducerRecord<byte[], byte[]> record) {
    int key = record.key() == null ? -1 : record.key().length;
    int value = record.value() == null ? -1 : record.value().length;
    return DefaultRecord.sizeInBytes(0, 0, key, value, record.headers().toArray());
  }

  private static ProducerRecord<byte[], byte[]> letter(
      byte[] key, byte[] value, RecordHeaders headers) {
    return DeadLetters.of(
        Topics.REWARD_REQUESTED,
        new ConsumerRecord<>(
            "reward.requested",
            3,
            42,
            0,
            TimestampType.CREATE_TIME,
            -1,
            -1,
            key,
            value,
            headers,
            Optional.empty()),
        REASON);
  }

  private static String text(ProducerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
