package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestRulesTest {
  private static final List<String> HOSTILE =
      List.of(
          "../../x",
          "..",
          "a\nWARN forged",
          "a\u0000b",
          "\u001b[2Jx",
          "x\u2028y",
          "",
          " ",
          "x".repeat(300));

  /**
   * Texts of requests that no rule of names holds, and why not. Everything else must be refused
   * when it is hostile.
   */
  private static final Map<String, String> FREE =
      Map.ofEntries(
          Map.entry("baseModel", "read by the trainer's own grammar, and never joined to a path"),
          Map.entry("uri", "opened below the configured folders only"),
          Map.entry("salt", "goes into a hash"),
          Map.entry("encoding", "one of the charsets that the reader has"),
          Map.entry("separator", "a character, or a line that is compared with others"),
          Map.entry("columns", "names of the file's columns, looked up"),
          Map.entry("constants", "content of rows"),
          Map.entry("rows", "content of rows"),
          Map.entry("items", "content to be scored, looked up by item"),
          Map.entry("pattern", "compiled with a budget"),
          Map.entry("schema", "compiled with a budget"),
          Map.entry("choices", "content of answers"),
          Map.entry("metrics", "one of a list"),
          Map.entry("digest", "sha256: and 64 digits, by its own type"),
          Map.entry("model", "made by a trainer, which keeps the rules"),
          Map.entry("reward", "settings, which the reward's own reader checks"),
          Map.entry("metadata", "the caller's own texts, bounded in number and length"));

  static Stream<EventData> requests() {
    return ExampleEvents.all()
        .filter(
            data ->
                data instanceof DatasetSubmitted
                    || data instanceof TrainingRequested
                    || data instanceof EvaluationRequested
                    || data instanceof RewardRequested);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void shouldLetGoodRequestsPass(EventData request) {
    assertThat(RequestRules.problems(request)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("requests")
  void shouldRefuseHostileTextInEveryNameOfARequest(EventData request) throws Exception {
    ObjectNode json = EventJson.shared().valueToTree(request);
    int refused = 0;
    for (List<String> path : names(json, List.of())) {
      for (String hostile : HOSTILE) {
        ObjectNode changed = json.deepCopy();
        set(changed, path, hostile);
        assertThat(refuses(changed, request.getClass()))
            .as("%s = '%s' in %s", path, hostile, request.getClass().getSimpleName())
            .isTrue();
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  /** Paths of texts that name something: not free, and not one of an enum or a type. */
  private static List<List<String>> names(JsonNode node, List<String> path) {
    List<List<String>> found = new ArrayList<>();
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(
              field -> {
                boolean settings = field.getKey().equals("spec");
                if (settings && field.getValue().has("split")) {
                  found.add(with(with(path, "spec"), "split"));
                } else if (!settings
                    && !FREE.containsKey(field.getKey())
                    && !List.of("kind", "stage", "type", "format", "layout")
                        .contains(field.getKey())) {
                  found.addAll(names(field.getValue(), with(path, field.getKey())));
                }
              });
    } else if (node instanceof ArrayNode array) {
      IntStream.range(0, array.size())
          .forEach(i -> found.addAll(names(array.get(i), with(path, Integer.toString(i)))));
    } else if (node instanceof TextNode) {
      found.add(path);
    }
    return found;
  }

  private static List<String> with(List<String> path, String last) {
    List<String> longer = new ArrayList<>(path);
    longer.add(last);
    return longer;
  }

  private static void set(ObjectNode json, List<String> path, String text) {
    JsonNode at = json;
    for (String step : path.subList(0, path.size() - 1)) {
      at = at.isArray() ? at.get(Integer.parseInt(step)) : at.get(step);
    }
    String last = path.get(path.size() - 1);
    if (at instanceof ArrayNode array) {
      array.set(Integer.parseInt(last), text);
    } else {
      ((ObjectNode) at).put(last, text);
    }
  }

  private static boolean refuses(ObjectNode json, Class<? extends EventData> type)
      throws Exception {
    EventData data;
    try {
      data = EventJson.shared().treeToValue(json, type);
    } catch (com.fasterxml.jackson.databind.JsonMappingException e) {
      return true;
    }
    return !RequestRules.problems(data).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "NAME, a, true",
    "NAME, _a.b-c, true",
    "NAME, -rf, false",
    "NAME, .hidden, false",
    "ID, job-1:2, true",
    "ID, a/b, false",
    "LABEL, Übung 1.csv, true",
    "LABEL, a/b, false",
    "LABEL, .., false",
    "LABEL, orders 2026-11, true",
    "SPLIT, test, true",
    "SPLIT, ../test, false"
  })
  void shouldKeepEachRule(NameRule rule, String text, boolean allowed) {
    assertThat(rule.allows(text)).isEqualTo(allowed);
  }

  @Test
  void shouldBoundACallersLabels() {
    assertThat(RequestRules.metadataProblems(Map.of("team", "a"))).isEmpty();
    assertThat(RequestRules.metadataProblems(Map.of("k".repeat(65), "a"))).hasSize(1);
    assertThat(RequestRules.metadataProblems(Map.of("k", "v".repeat(513)))).hasSize(1);
  }

  /** A log line, a terminal and a header of the next event show them. */
  @ParameterizedTest
  @ValueSource(strings = {"ce_id", "ce_source", "ce_correlationid", "ce_causationid", "ce_subject"})
  void shouldRefuseControlCharactersInAttributes(String attribute) {
    EventFactory factory = new EventFactory("/test", java.time.Clock.systemUTC());
    Event<?> event = factory.create(ExampleEvents.MODEL, "run-1");
    Headers headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    headers.remove(attribute);
    headers.add(attribute, "x\nERROR forged".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> EventCodec.decode(headers, value))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("[attribute_not_plain]");
  }
}
