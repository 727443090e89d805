package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.jinja.Span;
import io.affinage.llm.text.jinja.Template;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-07-10T12:00:00Z"), ZoneOffset.UTC);

  @Test
  void shouldRenderTheTemplatesOfKnownModels() throws IOException {
    JsonNode cases =
        JSON.readTree(SharedData.path("data/chat-templates/huggingface-js/e2e_cases.json").toFile())
            .get("cases");
    List<String> wrong = new ArrayList<>();
    for (JsonNode each : cases) {
      String name = each.get("name").asText();
      try {
        String text =
            ChatTemplate.parse(each.get("chat_template").asText(), Map.of(), CLOCK)
                .renderVariables(JSON.convertValue(each.get("data"), new TypeReference<>() {}))
                .text();
        String expected = each.get("expected").asText();
        if (name.equals("MadeAgents/Hammer2.1")) {
          // This template prints a list without tojson. The expectation is what JavaScript prints;
          // transformers prints Python's own notation, which the model was trained on.
          assertThat(text).contains("[{'type': 'function', 'function': {'name': ");
          text = text.replace('\'', '"');
          expected = expected.replace("\\\"", "\"").replace('\'', '"');
        }
        if (!text.equals(expected)) {
          wrong.add(name + difference(text, expected));
        }
      } catch (LlmException e) {
        wrong.add(name + ": " + e.getMessage());
      }
    }
    assertThat(cases).hasSize(53);
    assertThat(wrong).isEmpty();
  }

  @Test
  void shouldFollowPythonsJinjaInEveryConstruct() throws IOException {
    JsonNode fixture;
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("jinja_cases.json")) {
      fixture = JSON.readTree(in);
    }
    List<String> wrong = new ArrayList<>();
    for (JsonNode each : fixture.get("cases")) {
      String source = each.get("template").asText();
      try {
        String text =
            ChatTemplate.parse(source, Map.of(), CLOCK)
                .renderVariables(
                    JSON.convertValue(fixture.get("context"), new TypeReference<>() {}))
                .text();
        if (each.has("error")) {
          wrong.add(source + ": is refused, but gave " + text);
        } else if (!text.equals(each.get("expected").asText())) {
          wrong.add(source + difference(text, each.get("expected").asText()));
        }
      } catch (LlmException e) {
        if (!each.has("error")) {
          wrong.add(source + ": " + e.getMessage());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void shouldRenderSmolLm2sConversations() throws IOException {
    JsonNode golden =
        JSON.readTree(SharedData.path("models/smollm2-135m-instruct/golden.json").toFile());
    ChatTemplate template = ChatTemplate.of(TokenizerTest.smolLm2Definition()).orElseThrow();
    try (Tokenizer tokenizer = TokenizerTest.smolLm2()) {
      for (JsonNode each : golden.get("greedy")) {
        List<ChatMessage> messages = new ArrayList<>();
        each.get("messages")
            .forEach(
                m ->
                    messages.add(
                        ChatMessage.of(m.get("role").asText(), m.get("content").asText())));
        String text = template.render(messages, ChatTemplate.Options.PROMPT);
        assertThat(text).isEqualTo(each.get("rendered").asText());
        assertThat(tokenizer.encode(text))
            .isEqualTo(JSON.convertValue(each.get("prompt_ids"), int[].class));
      }
    }
  }

  @Test
  void shouldTellWhatTheAssistantWrote() {
    ChatTemplate template =
        template(
            "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}\n{% endfor %}");
    Template.Rendering rendering =
        template.renderMarked(
            List.of(
                ChatMessage.of("user", "a"),
                ChatMessage.of("assistant", "b"),
                ChatMessage.of("user", "c"),
                ChatMessage.of("assistant", "d")),
            ChatTemplate.Options.COMPLETE);
    assertThat(template.marksGeneration()).isTrue();
    assertThat(rendering.generated())
        .extracting((Span s) -> rendering.text().substring(s.start(), s.end()))
        .containsExactly("b</s>", "d</s>");
  }

  @Test
  void shouldPassOnWhatTheTemplateRefuses() {
    assertThatThrownBy(
            () ->
                template("{{ raise_exception('roles must alternate') }}")
                    .render(List.of(), ChatTemplate.Options.PROMPT))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("chat_template_refused"))
        .hasMessageContaining("roles must alternate");
  }

  @Test
  void shouldSayWhereATemplateIsWrong() {
    assertThatThrownBy(() -> template("a\nb\n{% if x %}\n{{ 1 + }}"))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("chat_template_invalid"))
        .hasMessageContaining("line 4");
    assertThatThrownBy(
            () -> template("a\n{{ messages.x.y }}").render(List.of(), ChatTemplate.Options.PROMPT))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("chat_template_failed"))
        .hasMessageContaining("line 2");
  }

  /** Templates come from strangers: no way to Java, and no way to take all memory or time. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.__class__.__mro__ }}",
        "{{ ''.getClass().forName('java.lang.Runtime') }}",
        "{{ messages.getClass() }}",
        "{{ messages.append(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ 'x' * 10000000000 }}",
        "{{ 'x'.ljust(10000000000) }}",
        "{{ 'x'.ljust(50000000).replace('x', 'y'.ljust(50000000)) }}",
        "{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}{% for i in range(90) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}",
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% for i in range(100000000) %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as y %}"
      })
  void shouldKeepAHostileTemplateInItsBounds(String source) {
    assertThatThrownBy(() -> template(source).render(List.of(), ChatTemplate.Options.PROMPT))
        .isInstanceOf(LlmException.class);
  }

  @Test
  void shouldRefuseDeepNestingWithoutOverflowing() {
    for (String source :
        List.of(
            "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}",
            "{{ " + "-".repeat(5000) + "1 }}",
            "{% if 1 %}".repeat(5000) + "{% endif %}".repeat(5000),
            "{{ 1" + " if 1 else 1".repeat(5000) + " }}")) {
      assertThatThrownBy(() -> template(source).render(List.of(), ChatTemplate.Options.PROMPT))
          .isInstanceOf(LlmException.class);
    }
  }

  private static ChatTemplate template(String source) {
    return ChatTemplate.parse(source, Map.of("bos_token", "<s>", "eos_token", "</s>"), CLOCK);
  }

  private static String difference(String got, String wanted) {
    int at = 0;
    while (at < Math.min(got.length(), wanted.length()) && got.charAt(at) == wanted.charAt(at)) {
      at++;
    }
    return " at %d: got %s, wanted %s"
        .formatted(
            at,
            JSON.valueToTree(got.substring(at, Math.min(got.length(), at + 60))),
            JSON.valueToTree(wanted.substring(at, Math.min(wanted.length(), at + 60))));
  }
}
