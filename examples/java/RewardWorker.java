import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Scores completions for rewards of the type {@code external}: shorter is better.
 *
 * <pre>java -cp kafka-clients.jar:jackson-databind.jar:... RewardWorker.java localhost:9092 [TOPIC]</pre>
 *
 * <p>Questions may come again, after a restart or a timeout: the first recorded scores count, so answering again does no
 * harm.
 */
public final class RewardWorker {
  private static final String ANSWERS = "reward.external.scored";
  private static final String TYPE = "io.affinage.reward.external-scored.v1";
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) {
    String servers = arguments[0];
    String topic = arguments.length > 1 ? arguments[1] : "reward.external.requested";
    Map<String, Object> reading =
        Map.of(
            "bootstrap.servers", servers,
            "group.id", "reward-worker-" + topic,
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed",
            "enable.auto.commit", "false");
    try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer());
        var producer =
            new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", servers), new StringSerializer(), new StringSerializer())) {
      consumer.subscribe(List.of(topic));
      System.out.println("reading " + topic);
      while (true) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          try {
            producer.send(answer(JSON.readTree(record.value())));
          } catch (JsonProcessingException | RuntimeException e) {
            System.err.println("skipped offset " + record.offset() + " of " + topic + ": " + e);
          }
        }
        producer.flush();
        consumer.commitSync();
      }
    }
  }

  private static ProducerRecord<String, String> answer(JsonNode question) throws JsonProcessingException {
    String id = question.required("externalId").textValue();
    ObjectNode answer = JSON.createObjectNode().put("externalId", id);
    ArrayNode scores = answer.putArray("scores");
    for (JsonNode item : question.required("items")) {
      int words = item.required("completion").textValue().trim().split("\\s+").length;
      double most = question.path("settings").path("mostWords").asDouble(20);
      scores
          .addObject()
          .put("itemId", item.required("itemId").textValue())
          .put("value", Math.min(1, most / words))
          .put("detail", words + " words");
    }
    var record = new ProducerRecord<>(ANSWERS, id, JSON.writeValueAsString(answer));
    // CloudEvents 1.0, binary mode. An id that follows from the question makes a repeated answer recognisable.
    Map.of(
            "ce_specversion", "1.0",
            "ce_id", UUID.nameUUIDFromBytes((TYPE + " " + id).getBytes(UTF_8)).toString(),
            "ce_source", "/examples/reward-worker-java",
            "ce_type", TYPE,
            "ce_time", Instant.now().toString(),
            "ce_subject", id,
            "content-type", "application/json")
        .forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
    return record;
  }
}
