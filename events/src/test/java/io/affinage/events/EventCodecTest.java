package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.objective.GrpoSpec;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventCodecTest {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final EventFactory FACTORY =
      new EventFactory("/affinage/test", Clock.fixed(TIME, ZoneOffset.UTC));
  private static final String VALID =
      "{\"jobId\":\"j\",\"attempt\":1,\"workerId\":\"w\",\"step\":3}";

  static Stream<EventData> examples() {
    return ExampleEvents.all();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void shouldReadWhatItWrote(EventData data) {
    Event<EventData> event = FACTORY.create(data, "run-1");
    RecordHeaders headers = new RecordHeaders();

    byte[] value = EventCodec.encode(event, headers);

    assertThat(EventCodec.decode(headers, value)).isEqualTo(event);
  }

  /** As it was written when an adapter was one record for all types. */
  @Test
  void shouldReadAnAdapterOfEarlierEvents() throws Exception {
    String lora =
        """
        {"adapter": {"type": "lora", "rank": 8, "loraAlpha": 16.0, "targetModules": ["q_proj"]}}
        """;
    assertThat(EventJson.mapper().readValue(lora, TrainingSpec.class).adapter())
        .isEqualTo(new LoraSpec(8, 16.0, null, null, List.of("q_proj"), null, null));
    assertThat(
            EventJson.mapper()
                .readValue(
                    "{\"adapter\": {\"type\": \"none\", \"rank\": null}}", TrainingSpec.class)
                .adapter())
        .isEqualTo(new NoAdapter());
  }

  /** As they were written when a reward named its type in the field {@code reward}. */
  @Test
  void shouldReadARewardOfEarlierEvents() throws Exception {
    RewardSpec right = new RewardSpec.ExactMatch(true, false);
    String exact = "{\"reward\": \"exact_match\", \"ignoreCase\": true}";
    JsonMapper json = EventJson.mapper();
    assertThat(json.readValue(exact, RewardSpec.class)).isEqualTo(right);
    assertThat(
            json.readValue("{\"ignoreCase\": true, \"reward\": \"exact_match\"}", RewardSpec.class))
        .isEqualTo(right);
    assertThat(json.readValue(exact.replace("reward", "type"), RewardSpec.class)).isEqualTo(right);
    assertThat(json.writeValueAsString(right))
        .isEqualTo("{\"type\":\"exact_match\",\"ignoreCase\":true,\"ignorePunctuation\":false}");

    assertThat(json.readValue("{\"reward\": %s}".formatted(exact), EvaluationSpec.class).reward())
        .isEqualTo(right);
    String training = "{\"objective\": {\"type\": \"grpo\", \"reward\": %s}}";
    assertThat(
            ((GrpoSpec) json.readValue(training.formatted(exact), TrainingSpec.class).objective())
                .reward())
        .isEqualTo(right);
    String ensemble =
        "{\"requestId\": \"r\", \"items\": [], \"reward\": {\"reward\": \"ensemble\", \"rewards\":"
            + " [{\"name\": \"a\", \"reward\": %s}], \"clip\": {\"high\": 1.0}}}";
    assertThat(json.readValue(ensemble.formatted(exact), RewardRequested.class).reward())
        .isEqualTo(
            new RewardSpec.Ensemble(
                List.of(new RewardSpec.Member("a", right, null, null, null, null, null)),
                new RewardSpec.Clip(null, 1.0)));
  }

  @Test
  void shouldNameWhatARewardLacks() {
    JsonMapper json = EventJson.mapper();
    for (String bad : List.of("{}", "{\"reward\": 3}", "{\"pattern\": \"x\"}")) {
      assertThatThrownBy(() -> json.readValue(bad, RewardSpec.class))
          .as(bad)
          .hasMessageContaining("missing type id property 'type'");
    }
    for (String bad : List.of("{\"reward\": \"vibes\"}", "{\"type\": \"vibes\"}")) {
      assertThatThrownBy(() -> json.readValue(bad, RewardSpec.class))
          .as(bad)
          .hasMessageContaining("'vibes'");
    }
    assertThatThrownBy(() -> json.readValue("{\"reward\": \"regex\"}", RewardSpec.class))
        .hasMessageContaining("pattern");
  }

  @Test
  void shouldHaveAnExampleOfEveryType() {
    assertThat(examples().map(EventType::of).distinct())
        .containsExactlyInAnyOrder(EventType.values());
    assertThat(EventType.values())
        .extracting(EventType::dataClass)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(EventData.class.getPermittedSubclasses())
                .map(type -> type.asSubclass(EventData.class))
                .collect(Collectors.toList()));
  }

  @Test
  void shouldWriteCloudEventsBinaryModeAndReplaceWhatWasThere() {
    Event<TrainingClaimed> cause =
        FACTORY.create(new TrainingClaimed("job-1", 1, "w", 30_000), "run-1");
    Event<TrainingHeartbeat> event =
        FACTORY.causedBy(cause, new TrainingHeartbeat("job-1", 1, "w", 2));
    RecordHeaders headers = new RecordHeaders();
    headers.add("ce_id", "random".getBytes(StandardCharsets.UTF_8));
    headers.add("other", "kept".getBytes(StandardCharsets.UTF_8));

    byte[] value = EventCodec.encode(event, headers);

    assertThat(text(headers))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "ce_specversion", "1.0",
                "ce_id", event.metadata().id(),
                "ce_source", "/affinage/test",
                "ce_type", "io.affinage.training.heartbeat.v1",
                "ce_subject", "job-1",
                "ce_time", "2026-01-02T03:04:05.678Z",
                "ce_correlationid", "run-1",
                "ce_causationid", cause.metadata().id(),
                "content-type", "application/json",
                "other", "kept"));
    assertThat(headers.headers("ce_id")).hasSize(1);
    assertThat(new String(value, StandardCharsets.UTF_8))
        .isEqualTo("{\"jobId\":\"job-1\",\"attempt\":1,\"workerId\":\"w\",\"step\":2}");
  }

  @Test
  void shouldIgnoreFieldsAndHeadersItDoesNotKnow() {
    Headers headers = heartbeat();
    headers.add("ce_newextension", "x".getBytes(StandardCharsets.UTF_8));
    byte[] value = bytes(VALID.replace("}", ",\"later\":{\"a\":[1]}}"));

    assertThat(EventCodec.decode(headers, value).data())
        .isEqualTo(new TrainingHeartbeat("j", 1, "w", 3));
  }

  @Test
  void shouldTakeDefaultsForWhatAForeignProducerLeavesOut() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "io.affinage.dataset.submitted.v1");
    headers.remove("ce_time").remove("ce_subject").remove("content-type");
    byte[] value =
        bytes(
            """
            {"submissionId": "s", "name": "n",
             "source": {"kind": "reference", "uri": "file:/x"}, "split": {"validation": 0, "test": 0.5}}
            """);

    Event<?> event = EventCodec.decode(headers, value);

    assertThat(event.metadata().subject()).isEqualTo("s");
    assertThat(event.metadata().time()).isNull();
    assertThat(event.data())
        .isEqualTo(
            new DatasetSubmitted(
                "s",
                "n",
                new DatasetSource.Reference("file:/x", null, null),
                DatasetFormat.AUTO,
                DatasetLayout.AUTO,
                new SplitPolicy(0, 0.5, ""),
                false,
                null));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {
        "ce_specversion, null, missing_attribute",
        "ce_specversion, 0.3, unsupported_specversion",
        "ce_specversion, 2.0, unsupported_specversion",
        "ce_id, null, missing_attribute",
        "ce_source, '', missing_attribute",
        "ce_type, null, missing_attribute",
        "ce_type, io.affinage.training.heartbeat.v2, unknown_event_type",
        "ce_time, yesterday, invalid_time",
        "ce_time, 2026-01-02T03:04:05, invalid_time",
        "ce_time, +999999999-01-01T00:00:00Z, invalid_time",
        "ce_time, -0044-03-15T00:00:00Z, invalid_time",
        "ce_subject, other, key_mismatch",
        "content-type, application/cloudevents+json, unsupported_content_type",
      })
  void shouldRefuseWrongAttributes(String header, String value, String code) {
    RecordHeaders headers = heartbeat();
    headers.remove(header);
    if (value != null) {
      set(headers, header, value);
    }
    assertRefused(headers, bytes(VALID), code);
  }

  static Stream<Arguments> poison() {
    return Stream.of(
        Arguments.of("", "missing_value"),
        Arguments.of("\u0000\u0001garbage", "invalid_json"),
        Arguments.of("{\"jobId\":\"j\"", "invalid_json"),
        Arguments.of(VALID + "{}", "invalid_json"),
        Arguments.of(VALID.replace("{", "{\"step\":9,"), "invalid_json"),
        Arguments.of("null", "invalid_event_data"),
        Arguments.of("[]", "invalid_event_data"),
        Arguments.of("{}", "invalid_event_data"),
        Arguments.of(VALID.replace("\"attempt\":1,", ""), "invalid_event_data"),
        Arguments.of(VALID.replace("\"w\"", "null"), "invalid_event_data"),
        Arguments.of(VALID.replace(":1", ":null"), "invalid_event_data"),
        Arguments.of(VALID.replace(":1", ":\"1\""), "invalid_event_data"),
        Arguments.of(VALID.replace(":1", ":1.5"), "invalid_event_data"),
        Arguments.of(VALID.replace(":1", ":99999999999"), "invalid_event_data"),
        Arguments.of(VALID.replace(":1", ":NaN"), "invalid_json"),
        // Beyond the parser's limits, for which it gives no place.
        Arguments.of("[".repeat(2_000), "invalid_json"),
        Arguments.of(VALID.replace("}", ",\"x\":" + nested(600) + "}"), "invalid_json"),
        Arguments.of(VALID.replace(":1", ":" + "9".repeat(1_001)), "invalid_json"),
        Arguments.of(VALID.replace("}", ",\"" + "n".repeat(50_001) + "\":1}"), "invalid_json"),
        // What could be read, but never be written again.
        Arguments.of(VALID.replace("}", ",\"x\":[1e400]}"), "invalid_event_data"),
        Arguments.of(VALID.replace("\"w\"", "\"\\ud83d\""), "invalid_event_data"),
        Arguments.of(VALID.replace("\"w\"", "\"\\ude00\\ud83d\""), "invalid_event_data"),
        Arguments.of(VALID.replace("}", ",\"\\ud83d\":1}"), "invalid_json"),
        Arguments.of(
            VALID.replace("\"j\"", "\"" + "j".repeat(1_025) + "\""), "attribute_too_long"));
  }

  private static String nested(int levels) {
    return "[".repeat(levels) + "]".repeat(levels);
  }

  @ParameterizedTest
  @MethodSource("poison")
  void shouldRefusePoison(String value, String code) {
    assertRefused(heartbeat(), bytes(value), code);
  }

  @Test
  void shouldNotTakeAttributesThatTheEventsThatFollowCouldNotCarry() {
    for (String name : List.of("ce_id", "ce_source", "ce_correlationid", "ce_traceparent")) {
      RecordHeaders headers = heartbeat();
      set(headers, name, "x".repeat(1_025));
      assertRefused(headers, bytes(VALID), "attribute_too_long");
    }
  }

  @Test
  void shouldSayWhatIsWrongInOneShortLine() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "two\nlines \u001b[31m" + "x".repeat(900) + "\ud83d\ude00");
    assertThatThrownBy(() -> EventCodec.decode(headers, bytes(VALID)))
        .message()
        .startsWith("[attribute_not_plain] header ce_type 'two\uFFFDlines \uFFFD[31mxxx")
        .matches("(?s).*xxx\\.\\.\\. \\([0-9]+ characters\\)")
        .hasSizeLessThan(600);
  }

  @Test
  void shouldTakeBadRowsOfADatasetBecauseItsReaderTellsThem() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "io.affinage.dataset.submitted.v1");
    headers.remove("ce_subject");
    byte[] value =
        bytes(
            """
            {"submissionId": "s", "name": "n",
             "source": {"kind": "inline", "rows": [{"a": "\\ud83d", "b": 1e400}, {"a": "fine"}]}}
            """);

    DatasetSubmitted submitted = (DatasetSubmitted) EventCodec.decode(headers, value).data();

    assertThat(((DatasetSource.Inline) submitted.source()).rows()).hasSize(2);
  }

  @Test
  void shouldWriteHalfOfASurrogatePairAsAQuestionMark() {
    RecordHeaders headers = new RecordHeaders();
    TrainingReleased event = new TrainingReleased("j", 1, "w", "cut \ud83d");

    byte[] value = EventCodec.encode(FACTORY.create(event), headers);

    assertThat(EventCodec.decode(headers, value).data())
        .isEqualTo(new TrainingReleased("j", 1, "w", "cut ?"));
  }

  @Test
  void shouldRefuseNullInsideListsAndMaps() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "io.affinage.reward.requested.v1");
    headers.remove("ce_subject");
    assertAnswered(
        headers,
        "{\"requestId\":\"r\",\"reward\":{\"type\":\"exact_match\"},\"items\":[null]}",
        "items[0]");
    set(headers, "ce_type", "io.affinage.dataset.submitted.v1");
    assertAnswered(
        headers,
        "{\"submissionId\":\"s\",\"name\":\"n\",\"source\":{\"kind\":\"reference\",\"uri\":\"u\",\"columns\":{\"a\":null}}}",
        "source.columns.a");
    byte[] freeJson =
        bytes(
            "{\"submissionId\":\"s\",\"name\":\"n\",\"source\":{\"kind\":\"inline\",\"rows\":[null]}}");
    assertThat(EventCodec.decode(headers, freeJson).data()).isInstanceOf(DatasetSubmitted.class);
  }

  @Test
  void shouldCutAnErrorThatCitesMuch() {
    ErrorDetail error = new ErrorDetail("code", "x".repeat(1_000_000), null);

    assertThat(error.message()).hasSizeLessThan(4_100).endsWith("xxx... (1000000 characters)");
  }

  @Test
  void shouldRefuseMalformedUtf8() {
    byte[] value = VALID.replace("w", "\u00ff").getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(heartbeat(), value, "invalid_json");
  }

  @Test
  void shouldTellAnUnknownCaseOfAClosedChoice() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "io.affinage.dataset.submitted.v1");
    headers.remove("ce_subject");
    String format =
        "{\"submissionId\":\"s\",\"name\":\"n\",\"format\":\"XLS\",\"source\":{\"kind\":\"inline\",\"rows\":[]}}";
    assertAnswered(headers, format, "format");
  }

  /** In a request it is answered; nobody waits for an answer to a heartbeat. */
  @Test
  void shouldNameTheFieldThatIsMissingDeepInside() {
    RecordHeaders headers = heartbeat();
    set(headers, "ce_type", "io.affinage.training.checkpointed.v1");
    byte[] value =
        bytes(
            "{\"jobId\":\"j\",\"attempt\":1,\"workerId\":\"w\",\"step\":1,\"checkpoint\":{\"kind\":\"FILE\",\"size\":1}}");
    assertThatThrownBy(() -> EventCodec.decode(headers, value))
        .hasMessageContaining("[invalid_event_data]")
        .hasMessageContaining("at 'checkpoint.digest'");
  }

  @Test
  void shouldNotWriteWhatReadersWouldRefuse() {
    assertThatThrownBy(() -> encode(new TrainingHeartbeat("j", 1, null, 0)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("[invalid_event_data]")
        .hasMessageContaining("workerId");
    assertThatThrownBy(
            () ->
                encode(
                    new TrainingProgressed(
                        "j", 1, "w", 1, 2, Double.NaN, null, 0, null, null, null)))
        .isInstanceOf(EventException.class);
  }

  @Test
  void shouldCheckARecordsKeyAgainstItsTopic() {
    ModelRegistered model = ExampleEvents.MODEL;
    assertThat(EventCodec.decode(record("training.log", model.jobId(), model)).data())
        .isEqualTo(model);
    assertThat(EventCodec.decode(record("model.registered", model.modelId(), model)).data())
        .isEqualTo(model);
    assertThatThrownBy(() -> EventCodec.decode(record("training.log", model.modelId(), model)))
        .hasMessageContaining("[key_mismatch]");
    assertThatThrownBy(() -> EventCodec.decode(record("model.registered", null, model)))
        .hasMessageContaining("[key_mismatch]");
    assertThatThrownBy(() -> EventCodec.decode(record("dataset.ready", model.modelId(), model)))
        .hasMessageContaining("[unexpected_event_type]");
  }

  @Test
  void shouldGiveTheSameIdToTheSameThingAndAnotherToAnother() {
    EventFactory later =
        new EventFactory("/affinage/test", Clock.fixed(TIME.plusSeconds(9), ZoneOffset.UTC));
    TrainingClaimed claim = new TrainingClaimed("j", 1, "w", 30_000);
    TrainingHeartbeat heartbeat = new TrainingHeartbeat("j", 1, "w", 2);

    assertThat(id(FACTORY, claim)).matches("[0-9a-f]{20}").isEqualTo(id(later, claim));
    assertThat(id(FACTORY, claim))
        .isNotEqualTo(id(FACTORY, new TrainingClaimed("j", 2, "w", 30_000)))
        .isNotEqualTo(id(FACTORY, new TrainingClaimed("k", 1, "w", 30_000)))
        .isNotEqualTo(id(FACTORY, new TrainingReleased("j", 1, "w", "done")));
    assertThat(id(FACTORY, heartbeat)).isNotEqualTo(id(later, heartbeat));
  }

  @Test
  void shouldDeserializeForAChannel() {
    try (EventDeserializer deserializer = new EventDeserializer();
        EventSerializer serializer = new EventSerializer()) {
      RecordHeaders headers = new RecordHeaders();
      Event<?> event = FACTORY.create(ExampleEvents.MODEL);
      byte[] value = serializer.serialize("model.registered", headers, event);

      assertThat(deserializer.deserialize("model.registered", headers, value)).isEqualTo(event);
      assertThat(deserializer.deserialize("model.registered", headers, (byte[]) null)).isNull();
      assertThatThrownBy(() -> deserializer.deserialize("training.log", headers, (byte[]) null))
          .hasMessageContaining("[missing_value]");
      assertThatThrownBy(() -> deserializer.deserialize("dataset.ready", headers, value))
          .hasMessageContaining("[unexpected_event_type]");
      assertThatThrownBy(() -> serializer.serialize("dataset.ready", headers, event))
          .hasMessageContaining("[unexpected_event_type]");
    }
  }

  private static String id(EventFactory factory, EventData data) {
    return factory.create(data).metadata().id();
  }

  private static void encode(EventData data) {
    EventCodec.encode(FACTORY.create(data), new RecordHeaders());
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, String key, EventData data) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(FACTORY.create(data), headers);
    return new ConsumerRecord<>(
        topic,
        0,
        0,
        0,
        TimestampType.CREATE_TIME,
        -1,
        -1,
        key == null ? null : bytes(key),
        value,
        headers,
        Optional.empty());
  }

  private static void assertAnswered(Headers headers, String value, String param) {
    assertThat(EventCodec.decode(headers, bytes(value)).unknown())
        .extracting(ErrorDetail::code, ErrorDetail::param)
        .containsExactly(tuple("invalid_value", param));
  }

  private static void assertRefused(Headers headers, byte[] value, String code) {
    assertThatThrownBy(() -> EventCodec.decode(headers, value))
        .isInstanceOf(EventException.class)
        .hasMessageStartingWith("[" + code + "] ")
        .extracting(e -> ((EventException) e).code())
        .isEqualTo(code);
  }

  private static RecordHeaders heartbeat() {
    RecordHeaders headers = new RecordHeaders();
    set(headers, "ce_specversion", "1.0");
    set(headers, "ce_id", "1");
    set(headers, "ce_source", "/elsewhere");
    set(headers, "ce_type", "io.affinage.training.heartbeat.v1");
    set(headers, "ce_subject", "j");
    set(headers, "ce_time", "2026-01-02T03:04:05+01:00");
    set(headers, "content-type", "application/json; charset=utf-8");
    return headers;
  }

  private static void set(Headers headers, String name, String value) {
    headers.remove(name).add(name, bytes(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, String> text(Headers headers) {
    Map<String, String> text = new TreeMap<>();
    headers.forEach(
        header -> text.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    return text;
  }
}
