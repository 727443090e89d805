package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Small requests that would take for ever, or all memory. The timeout only ends a hung build. */
@Timeout(120)
class BudgetTest {
  private static final String LONG = "x".repeat(900_000);

  @ParameterizedTest
  @MethodSource
  void shouldFailOneItemAndScoreTheOthers(
      Reward reward, Candidate costly, Candidate cheap, String code) {
    List<Score> scores = reward.score(List.of(cheap, costly, cheap), RequestBudget.start());
    assertThat(scores).hasSize(3);
    assertThat(scores.get(0)).isEqualTo(Score.of(true, scores.get(0).detail()));
    assertThat(scores.get(2)).isEqualTo(scores.get(0));
    assertThat(scores.get(1))
        .isInstanceOfSatisfying(Score.Unscorable.class, s -> assertThat(s.code()).isEqualTo(code));
  }

  static Stream<Arguments> shouldFailOneItemAndScoreTheOthers() {
    return Stream.of(
        costly(
            "a long text for a large pattern",
            new RegexMatch("(x{0,1000}){18}y?$"),
            completion(LONG),
            completion("x")),
        costly(
            "a reference that makes the pattern too long",
            new RegexMatch("^{reference}$"),
            new Candidate("p", "a", "(".repeat(20_000)),
            new Candidate("p", "a", "a"),
            "invalid_pattern"),
        costly(
            "a pattern in a schema, for each of many values",
            schema("{\"items\":{\"pattern\":\"^(a{0,50}){40}b?$\"}}"),
            completion(array("\"" + "a".repeat(500) + "\"", 1_000)),
            completion("[\"a\"]")),
        costly(
            "a pattern in a schema, of which the validator swallows what it throws",
            schema("{\"pattern\":\"^(a{0,50}){40}b?$\"}"),
            completion("\"" + "a".repeat(100_000) + "\""),
            completion("\"a\"")),
        costly(
            "a recursive schema that doubles at each level of the value",
            schema(
                "{\"$defs\":{\"n\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/n\"}},{\"items\":{\"$ref\":\"#/$defs/n\"},"
                    + "\"maxItems\":1}],\"not\":{\"const\":7}}},\"$ref\":\"#/$defs/n\"}"),
            completion("[".repeat(60) + "7" + "]".repeat(60)),
            completion("[1]")),
        costly(
            "the same by a reference to no place of a schema",
            schema(
                "{\"x\":{\"y\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/x/y\"}},{\"items\":{\"$ref\":\"#/x/y\"},"
                    + "\"maxItems\":1}],\"not\":{\"const\":7}}},\"$ref\":\"#/x/y\"}"),
            completion("[".repeat(60) + "7" + "]".repeat(60)),
            completion("[1]")),
        costly(
            "mutual recursion of many types",
            schema(mutual(12)),
            completion(nested(40, 12)),
            completion("{}")),
        costly(
            "values of one hash that must be unique",
            schema("{\"uniqueItems\":true}"),
            completion(collisions(15)),
            completion("[1,2]")),
        costly(
            "a long list against a long enumeration",
            schema("{\"items\":{\"enum\":[" + String.join(",", numbers(5_000)) + "]}}"),
            completion(array("4999", 40_000)),
            completion("[17]")),
        costly(
            "many values, each with its own complaint",
            schema(
                "{\"anyOf\":[{\"items\":{\"type\":\"string\"}},{\"minItems\":1}],\"maxItems\":2}"),
            completion(array("1", 400_000)),
            completion("[1]")));
  }

  @Test
  void shouldStopAtTheRequestsBudget() {
    Reward reward = new RegexMatch("(x{0,10}){500}y$");
    List<Candidate> items = Collections.nCopies(1_000, completion("x".repeat(9_000)));
    RequestBudget budget =
        new RequestBudget(Budget.ITEM_STEPS, Duration.ofHours(1), System::nanoTime);
    List<Score> scores = reward.score(items, budget);
    assertThat(scores).hasSize(1_000);
    assertThat(scores.get(0)).isInstanceOf(Score.Value.class);
    assertThat(scores.get(999))
        .isInstanceOfSatisfying(
            Score.Unscorable.class,
            s -> assertThat(s.code()).isEqualTo("request_budget_exhausted"));
  }

  @Test
  void shouldStopWhenTheTimeIsOver() {
    AtomicLong clock = new AtomicLong();
    Budget budget = new Budget(1_000, Duration.ofNanos(10), clock::get);
    budget.spend(1);
    clock.set(11);
    assertThatThrownBy(() -> budget.spend(1)).isInstanceOf(Budget.ExhaustedException.class);
    RequestBudget request = new RequestBudget(1_000, Duration.ofNanos(10), clock::get);
    assertThat(request.isLeft()).isTrue();
    clock.addAndGet(11);
    assertThat(request.isLeft()).isFalse();
  }

  @Test
  void shouldKeepTheLastStep() {
    Budget budget = new Budget(10, Duration.ofHours(1), System::nanoTime);
    budget.spend(10);
    assertThatThrownBy(() -> budget.spend(1)).isInstanceOf(Budget.ExhaustedException.class);
    assertThat(budget.spent()).isEqualTo(10);
    assertThatThrownBy(() -> budget.spend(0)).isInstanceOf(Budget.ExhaustedException.class);
  }

  private static Arguments costly(String what, Reward reward, Candidate costly, Candidate cheap) {
    return costly(what, reward, costly, cheap, "budget_exhausted");
  }

  private static Arguments costly(
      String what, Reward reward, Candidate costly, Candidate cheap, String code) {
    return Arguments.of(
        Named.of(what, reward), Named.of("costly", costly), Named.of("cheap", cheap), code);
  }

  private static Candidate completion(String text) {
    return new Candidate("p", text, null);
  }

  private static SchemaMatch schema(String text) {
    return new SchemaMatch(json(text));
  }

  private static String array(String value, int times) {
    return "[" + String.join(",", Collections.nCopies(times, value)) + "]";
  }

  private static List<String> numbers(int count) {
    List<String> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(Integer.toString(i));
    }
    return numbers;
  }

  /** 2^bits texts of one hash: Aa and BB have the same. */
  private static String collisions(int bits) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 1 << bits; i++) {
      StringBuilder text = new StringBuilder("\"");
      for (int bit = 0; bit < bits; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      texts.add(text.append('"').toString());
    }
    return "[" + String.join(",", texts) + "]";
  }

  private static String mutual(int types) {
    StringBuilder schema = new StringBuilder("{\"$defs\":{");
    for (int type = 0; type < types; type++) {
      schema.append(type == 0 ? "" : ",").append("\"t").append(type).append("\":{\"anyOf\":[");
      for (int other = 0; other < types; other++) {
        schema
            .append(other == 0 ? "" : ",")
            .append("{\"properties\":{\"p\":{\"$ref\":\"#/$defs/t")
            .append(other)
            .append("\"}},\"required\":[\"p\"]}");
      }
      schema.append(",{\"maxProperties\":0}]}");
    }
    return schema.append("},\"$ref\":\"#/$defs/t0\"}").toString();
  }

  private static String nested(int depth, int wrong) {
    return "{\"p\":".repeat(depth) + "{\"q\":" + wrong + "}" + "}".repeat(depth);
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
