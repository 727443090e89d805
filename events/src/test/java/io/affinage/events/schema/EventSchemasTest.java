package io.affinage.events.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventException;
import io.affinage.events.EventFactory;
import io.affinage.events.EventJson;
import io.affinage.events.EventType;
import io.affinage.events.ExampleEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the committed schemas and the AsyncAPI document to the records. After a compatible change
 * run {@code mvn -pl events -am test -Dtest=EventSchemasTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Daffinage.regenerate=true} and commit what it writes; at
 * a release the same with {@code -Daffinage.release=true} renews the snapshot that later changes
 * are compared with.
 */
class EventSchemasTest {
  private static final Path SCHEMAS = Path.of("src/main/resources/schemas");
  private static final Path RELEASED = Path.of("src/test/resources/schemas/released");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Making one reads the sources. */
  private static final Map<EventType, JsonSchema> GENERATED = new EnumMap<>(EventType.class);

  @Test
  void shouldCommitWhatTheRecordsGive() throws IOException {
    Map<String, String> generated = generated();
    if (Boolean.getBoolean("affinage.regenerate")) {
      write(SCHEMAS, generated);
    }
    assertThat(read(SCHEMAS))
        .as("the committed schemas; see the comment of this test for how to regenerate them")
        .isEqualTo(generated);
  }

  @Test
  void shouldStayCompatibleWithWhatIsReleased() throws IOException {
    Map<String, String> generated = generated();
    if (Boolean.getBoolean("affinage.release")) {
      Map<String, String> schemas = new TreeMap<>(generated);
      schemas.keySet().removeIf(name -> !name.endsWith(".json"));
      write(RELEASED, schemas);
    }
    List<String> breaks = new ArrayList<>();
    Map<String, String> released = read(RELEASED);
    for (Map.Entry<String, String> schema : released.entrySet()) {
      if (!generated.containsKey(schema.getKey())) {
        breaks.add(schema.getKey() + ": is gone");
        continue;
      }
      JsonNode before = JSON.readTree(schema.getValue());
      JsonNode after = JSON.readTree(generated.get(schema.getKey()));
      SchemaCompatibility.breaks(before, after).stream()
          .map(found -> schema.getKey() + " " + found)
          .forEach(breaks::add);
    }
    assertThat(released).isNotEmpty();
    assertThat(breaks).as("old services would trip over this: make a new event type").isEmpty();
  }

  static Stream<EventData> examples() {
    return ExampleEvents.all();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void shouldAcceptEveryExample(EventData data) {
    assertThat(schema(EventType.of(data)).validate(json(data))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void shouldRefuseWhatReadersRefuse(EventData data) {
    JsonNode whole = json(data);
    List<Consumer<ObjectNode>> harms = new ArrayList<>();
    List<String> names = new ArrayList<>();
    whole
        .fieldNames()
        .forEachRemaining(
            name -> {
              names.add(name + " absent");
              harms.add(object -> object.remove(name));
              names.add(name + " null");
              harms.add(object -> object.putNull(name));
              names.add(name + " of another type");
              harms.add(object -> object.set(name, wrong(object.get(name))));
            });
    JsonSchema schema = schema(EventType.of(data));
    for (int i = 0; i < harms.size(); i++) {
      ObjectNode harmed = whole.deepCopy();
      harms.get(i).accept(harmed);
      assertThat(schema.validate(harmed).isEmpty())
          .as("%s: %s", EventType.of(data), names.get(i))
          .isEqualTo(isRead(EventType.of(data), harmed, data.key()));
    }
  }

  @ParameterizedTest
  @EnumSource(EventType.class)
  void shouldBeValidSchemas(EventType type) {
    JsonSchema meta =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(
                com.networknt.schema.SchemaLocation.of(
                    "https://json-schema.org/draft/2020-12/schema"));
    assertThat(meta.validate(EventSchemas.schema(type))).isEmpty();
  }

  /** A value of another JSON type; a list is never taken for anything else. */
  private static JsonNode wrong(JsonNode value) {
    ArrayNode list = JSON.createArrayNode().add(1).add("x");
    return value.isArray() ? list.textNode("x") : list;
  }

  private static boolean isRead(EventType type, JsonNode data, String key) {
    RecordHeaders headers = new RecordHeaders();
    Map.of("specversion", "1.0", "id", "1", "source", "/x", "type", type.typeName())
        .forEach(
            (name, value) -> headers.add("ce_" + name, value.getBytes(StandardCharsets.UTF_8)));
    try {
      // A request whose optional values are of a wrong type is read to be answered with a refusal.
      return EventCodec.decode(headers, data.toString().getBytes(StandardCharsets.UTF_8))
          .unknown()
          .isEmpty();
    } catch (EventException e) {
      return false;
    }
  }

  private static JsonSchema schema(EventType type) {
    return GENERATED.computeIfAbsent(
        type,
        each ->
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(EventSchemas.schema(each)));
  }

  private static JsonNode json(EventData data) {
    byte[] value =
        EventCodec.encode(
            new EventFactory("/x", Clock.systemUTC()).create(data), new RecordHeaders());
    try {
      return EventJson.mapper().readTree(value);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, String> generated() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (EventType type : EventType.values()) {
      files.put(EventSchemas.fileName(type), EventSchemas.schema(type).toPrettyString() + "\n");
    }
    ObjectMapper yaml =
        new ObjectMapper(
            YAMLFactory.builder()
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build());
    files.put(
        "asyncapi.yaml",
        "# Generated from the event records; see EventSchemasTest.\n"
            + yaml.writeValueAsString(AsyncApi.document()));
    return files;
  }

  private static Map<String, String> read(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return Map.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      Map<String, String> contents = new TreeMap<>();
      for (Path file : files.filter(Files::isRegularFile).collect(Collectors.toList())) {
        contents.put(file.getFileName().toString(), Files.readString(file));
      }
      return contents;
    }
  }

  private static void write(Path folder, Map<String, String> files) throws IOException {
    Files.createDirectories(folder);
    for (String old : read(folder).keySet()) {
      Files.delete(folder.resolve(old));
    }
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }
}
