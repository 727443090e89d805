package io.affinage.eval.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.serving.ServingException;
import io.affinage.llm.text.ChatTemplate;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateReadsTest {
  private static final String PLAIN =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";

  /** In the manner of Qwen's. */
  private static final String TOOLS =
      """
      {%- if tools %}tools:{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}
      {%- for m in messages %}<{{ m.role }}{% if m.name %} {{ m.name }}{% endif %}>{{ m.content or '' }}
      {%- for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}
      {%- endfor %}{% if add_generation_prompt %}<assistant>{% endif %}
      """;

  private static final String THINKING = PLAIN + "<assistant><think>\n";
  private static final String SWITCHED =
      PLAIN + "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}";

  private static final Map<String, Object> TOOL =
      Map.of("type", "function", "function", Map.of("name", "f"));
  private static final Message ASKED = new Message("user", "a");
  private static final Message NAMED = new Message("user", "a", Map.of("name", "me"));
  private static final Message CALLING =
      new Message(
          "assistant",
          null,
          Map.of(
              "tool_calls",
              List.of(
                  Map.of(
                      "id", "call_1",
                      "type", "function",
                      "function", Map.of("name", "f", "arguments", Map.of("a", 1))))));
  private static final Message RESULT = new Message("tool", "2", Map.of("tool_call_id", "call_1"));

  @Test
  void shouldLetPassWhatTheTemplateShows() {
    Prompt.Chat whole = chat(List.of(TOOL), true, NAMED, CALLING, RESULT);

    assertThatCode(() -> reads(TOOLS).require(whole)).doesNotThrowAnyException();
    assertThatCode(() -> reads(PLAIN).require(chat(List.of(), true, ASKED)))
        .doesNotThrowAnyException();
    assertThatCode(() -> reads(SWITCHED).require(chat(List.of(), false, ASKED)))
        .doesNotThrowAnyException();
  }

  @Test
  void shouldRefuseWhatTheTemplateWouldLeaveOut() {
    assertThat(refused(PLAIN, chat(List.of(TOOL), true, ASKED))).isEqualTo("tools");
    assertThat(refused(PLAIN, chat(List.of(), true, NAMED))).isEqualTo("messages[0].name");
    assertThat(refused(PLAIN, chat(List.of(), true, ASKED, CALLING, RESULT)))
        .isEqualTo("messages[1].tool_calls");
    assertThat(refused(THINKING, chat(List.of(), false, ASKED))).isEqualTo("reasoning_effort");
    String withoutResults =
        TOOLS.replace(
            "{{ m.content or '' }}", "{% if m.role != 'tool' %}{{ m.content }}{% endif %}");
    assertThat(refused(withoutResults, chat(List.of(), true, ASKED, CALLING, RESULT)))
        .isEqualTo("messages[2]");
  }

  private static TemplateReads reads(String template) {
    return new TemplateReads(ChatTemplate.parse(template, Map.of(), Clock.systemUTC()));
  }

  private static String refused(String template, Prompt.Chat chat) {
    ServingException refusal =
        catchThrowableOfType(ServingException.class, () -> reads(template).require(chat));
    assertThat(refusal.code()).isEqualTo("unsupported_parameter");
    return refusal.param();
  }

  private static Prompt.Chat chat(
      List<Map<String, Object>> tools, boolean thinking, Message... turns) {
    return new Prompt.Chat(List.of(turns), tools, thinking);
  }
}
