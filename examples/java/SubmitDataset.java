import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Submits a dataset as an event, with nothing but a Kafka client.
 *
 * <pre>java -cp kafka-clients.jar:jackson-databind.jar:... SubmitDataset.java localhost:9092 NAME ROWS.jsonl</pre>
 *
 * <p>The event's form is in the AsyncAPI document, events/src/main/resources/schemas/asyncapi.yaml.
 */
public final class SubmitDataset {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    String name = arguments[1];
    ArrayNode rows = JSON.createArrayNode();
    for (String line : Files.readAllLines(Path.of(arguments[2]))) {
      if (!line.isBlank()) {
        rows.add(JSON.readTree(line));
      }
    }
    // An id that follows from the content: submitting the same again is recognised as a duplicate.
    String id = "submission-" + UUID.nameUUIDFromBytes((name + rows).getBytes(UTF_8));
    ObjectNode event = JSON.createObjectNode().put("submissionId", id).put("name", name);
    event.putObject("source").put("kind", "inline").set("rows", rows);
    var record = new ProducerRecord<>("dataset.submitted", id, JSON.writeValueAsString(event));
    Map.of(
            "ce_specversion", "1.0",
            "ce_id", id,
            "ce_source", "/examples/submit-dataset-java",
            "ce_type", "io.affinage.dataset.submitted.v1",
            "ce_time", Instant.now().toString(),
            "ce_subject", id,
            "content-type", "application/json")
        .forEach((header, value) -> record.headers().add(header, value.getBytes(UTF_8)));
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", arguments[0]), new StringSerializer(), new StringSerializer())) {
      producer.send(record).get();
    }
    System.out.println(id);
  }
}
