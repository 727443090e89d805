package io.affinage.events.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.SchemaBuilder;
import io.affinage.events.EventType;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.util.List;
import java.util.Map;

/** The AsyncAPI 3.0 document of all topics and events. */
final class AsyncApi {
  private static final String BINDING_VERSION = "0.5.0";

  private AsyncApi() {}

  static ObjectNode document() {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("asyncapi", "3.0.0");
    ObjectNode info = document.putObject("info");
    info.put("title", "Affinage events");
    info.put("version", "1.0.0");
    info.put(
        "description",
        "CloudEvents 1.0 in binary mode on Kafka. Readers ignore fields they do not know; a breaking"
            + " change is a new event type.");
    info.putObject("license").put("name", "Apache-2.0");
    document.put("defaultContentType", "application/json");
    ObjectNode channels = document.putObject("channels");
    Topics.all().forEach(topic -> channels.set(topic.name(), channel(topic)));
    ObjectNode components = document.putObject("components");
    ObjectNode messages = components.putObject("messages");
    SchemaBuilder schemas = EventSchemas.generator().buildMultipleSchemaDefinitions();
    for (EventType type : EventType.values()) {
      messages.set(name(type), message(type, schemas.createSchemaReference(type.dataClass())));
    }
    components.set("schemas", schemas.collectDefinitions("components/schemas"));
    return document;
  }

  private static String name(EventType type) {
    return type.dataClass().getSimpleName();
  }

  private static ObjectNode channel(Topic topic) {
    ObjectNode channel = JsonNodeFactory.instance.objectNode();
    channel.put("address", topic.name());
    if (topic.accepts().isEmpty()) {
      channel.put("description", "Records that are no event of their topic, as they came.");
    }
    ObjectNode messages = channel.putObject("messages");
    topic.accepts().stream()
        .sorted()
        .forEach(
            type ->
                messages.putObject(name(type)).put("$ref", "#/components/messages/" + name(type)));
    ObjectNode kafka = channel.putObject("bindings").putObject("kafka");
    kafka.put("topic", topic.name());
    ObjectNode configuration = kafka.putObject("topicConfiguration");
    for (Map.Entry<String, String> setting : topic.configuration().entrySet()) {
      switch (setting.getKey()) {
        case "cleanup.policy" -> configuration.putArray("cleanup.policy").add(setting.getValue());
        case "retention.ms" ->
            configuration.put("retention.ms", Long.parseLong(setting.getValue()));
        // The binding has no name for it.
        default -> kafka.put("x-" + setting.getKey(), setting.getValue());
      }
    }
    kafka.put("bindingVersion", BINDING_VERSION);
    return channel;
  }

  private static ObjectNode message(EventType type, JsonNode payload) {
    ObjectNode message = JsonNodeFactory.instance.objectNode();
    message.put("name", type.typeName());
    message.put("title", name(type));
    Javadoc.of(type.dataClass()).ifPresent(text -> message.put("summary", text));
    message.put("contentType", "application/json");
    message.set("headers", headers(type));
    message.set("payload", payload);
    ObjectNode kafka = message.putObject("bindings").putObject("kafka");
    kafka
        .putObject("key")
        .put("type", "string")
        .put("description", "The id whose order matters; on a job's log the job.");
    kafka.put("bindingVersion", BINDING_VERSION);
    return message;
  }

  private static ObjectNode headers(EventType type) {
    ObjectNode headers = JsonNodeFactory.instance.objectNode();
    headers.put("type", "object");
    ObjectNode properties = headers.putObject("properties");
    properties.putObject("ce_specversion").put("type", "string").put("const", "1.0");
    properties.putObject("ce_type").put("type", "string").put("const", type.typeName());
    text(properties, "ce_id", "With ce_source, names the event: duplicates share both.");
    text(properties, "ce_source", "Who produced it.");
    text(properties, "ce_subject", "The data's own key.");
    text(properties, "ce_time", "When it was produced.").put("format", "date-time");
    text(properties, "ce_correlationid", "The run.");
    text(properties, "ce_causationid", "The id of the event that caused this one.");
    text(properties, "ce_traceparent", "W3C trace context.");
    text(properties, "content-type", "application/json");
    List.of("ce_specversion", "ce_type", "ce_id", "ce_source")
        .forEach(headers.putArray("required")::add);
    return headers;
  }

  private static ObjectNode text(ObjectNode properties, String name, String description) {
    return properties.putObject(name).put("type", "string").put("description", description);
  }
}
