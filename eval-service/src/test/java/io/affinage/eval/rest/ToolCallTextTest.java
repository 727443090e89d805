package io.affinage.eval.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ToolCallTextTest {
  private static final Set<String> OFFERED = Set.of("weather", "time");

  @Test
  void shouldFindTaggedCallsAndKeepWhatStandsBesideThem() {
    ToolCallText said =
        ToolCallText.of(
            """
            I look it up.
            <tool_call>
            {"name": "weather", "arguments": {"city": "Ghent"}}
            </tool_call>
            <tool_call>{"name": "time", "arguments": {}}
            """,
            OFFERED);

    assertThat(said.content()).isEqualTo("I look it up.");
    assertThat(said.calls())
        .containsExactly(
            new ToolCallText.Call("weather", "{\"city\":\"Ghent\"}"),
            new ToolCallText.Call("time", "{}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\": \"weather\", \"parameters\": {\"city\": \"Ghent\"}}",
        " [{\"name\": \"weather\", \"arguments\": {\"city\": \"Ghent\"}}]\n"
      })
  void shouldTakeAnAnswerThatIsACallAndNothingElse(String text) {
    ToolCallText said = ToolCallText.of(text, OFFERED);

    assertThat(said.content()).isEmpty();
    assertThat(said.calls())
        .containsExactly(new ToolCallText.Call("weather", "{\"city\":\"Ghent\"}"));
  }

  /** Nothing that a model wrote gets lost because it looks like a call. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "It is sunny.",
        "{\"name\": \"other\", \"arguments\": {}}",
        "{\"name\": \"weather\", \"arguments\": \"x\"}",
        "{\"name\": \"weather\", \"arguments\": {}} and more",
        "<tool_call>{\"name\": \"weather\"</tool_call>",
        "<tool_call>{\"name\":\"time\",\"arguments\":{}}</tool_call><tool_call>no</tool_call>",
        "[]",
        ""
      })
  void shouldLeaveAllElseText(String text) {
    ToolCallText said = ToolCallText.of(text, OFFERED);

    assertThat(said.content()).isEqualTo(text);
    assertThat(said.calls()).isEmpty();
  }

  @Test
  void shouldFindNoCallsWhereNoneWereOffered() {
    String text = "{\"name\": \"weather\", \"arguments\": {}}";
    assertThat(ToolCallText.of(text, Set.of()).content()).isEqualTo(text);
  }
}
