package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import io.affinage.llm.text.ToolCallForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Masks of conversations against transformers' ({@code conversation_fixture.py}): templates that
 * mark the assistant's words, and models' own, of which prompts and answers are compared.
 */
class ConversationEncoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FIXTURE = Path.of("src/test/resources/conversations");

  @TempDir Path folder;

  static Stream<String> models() throws IOException {
    return StreamSupport.stream(golden().spliterator(), false).map(c -> c.get("name").asText());
  }

  private static JsonNode golden() throws IOException {
    return JSON.readTree(FIXTURE.resolve("golden.json").toFile()).get("cases");
  }

  private static JsonNode model(String name) throws IOException {
    return StreamSupport.stream(golden().spliterator(), false)
        .filter(c -> c.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("models")
  void shouldMaskWhatAMarkedTemplateMarks(String name) throws IOException {
    JsonNode model = model(name);
    TokenizerDefinition definition = definition(model, "training");
    ChatTemplate template = ChatTemplate.of(definition).orElseThrow();
    Optional<ToolCallForm> form = ToolCallForm.of(template);
    boolean calls = form.equals(Optional.of(new ToolCallForm(false, false)));
    int compared = 0;
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (JsonNode each : model.get("conversations")) {
        Example.Chat chat = chat(each);
        if (hasCalls(chat) && form.isPresent() && !calls) {
          continue; // the reference gives arguments as objects to all templates
        }
        if (each.has("refused") || (hasCalls(chat) && !calls)) {
          assertThat(assertThrows(LlmException.class, () -> encoded(tokenizer, template, chat)))
              .extracting(LlmException::code)
              .isIn("chat_template_refused", "tool_calls_not_written");
          continue;
        }
        if (isEndless(model) && !marksAStop(each, tokenizer)) {
          assertThat(assertThrows(LlmException.class, () -> encoded(tokenizer, template, chat)))
              .extracting(LlmException::code)
              .isEqualTo("eos_not_target");
          compared++;
          continue;
        }
        TokenizedExample row = encoded(tokenizer, template, chat).examples().get(0);
        assertThat(row.ids()).as(name + " " + each.get("name")).isEqualTo(ints(each.get("ids")));
        assertThat(Arrays.stream(row.labels()).map(id -> id == -100 ? 0 : 1).toArray())
            .as(name + " " + each.get("name"))
            .isEqualTo(ints(each.get("mask")));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(1);
  }

  /** An answer of a model's own template, and what stands before it. */
  private record Answer(List<Integer> prompt, List<Integer> target) {}

  @ParameterizedTest
  @MethodSource("models")
  void shouldLearnEveryAnswerAfterThePromptItIsAskedWith(String name) throws IOException {
    JsonNode model = model(name);
    TokenizerDefinition definition = definition(model, "template");
    ChatTemplate template = ChatTemplate.of(definition).orElseThrow();
    boolean calls = ToolCallForm.of(template).equals(Optional.of(new ToolCallForm(false, false)));
    int compared = 0;
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (JsonNode each : model.get("conversations")) {
        Example.Chat chat = chat(each);
        List<Answer> expected = new ArrayList<>();
        boolean comparable = !isEndless(model) && (calls || !hasCalls(chat));
        for (JsonNode answer : each.get("answers")) {
          if (!answer.has("prompt")) {
            comparable = false;
            continue;
          }
          int[] upTo = ints(answer.get("up_to"));
          int from = TargetSpans.common(ints(answer.get("prompt")), upTo);
          expected.add(
              new Answer(
                  list(Arrays.copyOf(upTo, from)),
                  list(Arrays.copyOfRange(upTo, from, upTo.length))));
        }
        if (!comparable) {
          continue;
        }
        List<Answer> found = new ArrayList<>();
        for (TokenizedExample row : encoded(tokenizer, template, chat).examples()) {
          int[] spans = row.targetSpans();
          for (int s = 0; s < spans.length; s += 2) {
            found.add(
                new Answer(
                    list(Arrays.copyOf(row.ids(), spans[s])),
                    list(Arrays.copyOfRange(row.ids(), spans[s], spans[s + 1]))));
          }
        }
        // Where answers share a row, the later prompts hold the earlier answers as they were.
        assertThat(found).as(name + " " + each.get("name")).isEqualTo(expected);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(isEndless(model) ? -1 : 1);
  }

  /** A conversation that the assistant begins, which transformers does not ask for. */
  @ParameterizedTest
  @MethodSource("models")
  void shouldFindAnAnswerThatNothingWasAskedFor(String name) throws IOException {
    JsonNode model = model(name);
    TokenizerDefinition definition = definition(model, "template");
    ChatTemplate template = ChatTemplate.of(definition).orElseThrow();
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (JsonNode each : model.get("conversations")) {
        if (!each.get("name").asText().equals("first") || isEndless(model)) {
          continue;
        }
        try {
          TokenizedExample row = encoded(tokenizer, template, chat(each)).examples().get(0);
          int[] spans = row.targetSpans();
          assertThat(tokenizer.decode(Arrays.copyOfRange(row.ids(), spans[0], spans[1])))
              .contains("What is it?")
              .doesNotContain("Is a lamp heavy?")
              .hasSizeLessThan(60);
        } catch (LlmException e) {
          assertThat(e.code()).isEqualTo("chat_template_refused");
        }
      }
    }
  }

  /** GLM's answers end where the next turn begins. */
  private static boolean isEndless(JsonNode model) {
    return model.get("name").asText().equals("glm4moe");
  }

  private static boolean marksAStop(JsonNode conversation, Tokenizer tokenizer) {
    int[] ids = ints(conversation.get("ids"));
    int[] mask = ints(conversation.get("mask"));
    return java.util.stream.IntStream.range(0, ids.length)
        .anyMatch(i -> mask[i] == 1 && tokenizer.specialTokens().stops().contains(ids[i]));
  }

  private static EncodedExamples encoded(
      Tokenizer tokenizer, ChatTemplate template, Example.Chat chat) {
    return new ExampleEncoder(
            tokenizer,
            Optional.of(template),
            new ExampleEncoder.Settings(9999, OverlengthPolicy.FAIL, AnswerTargets.ALL, true))
        .encodeAll(List.of(chat));
  }

  private TokenizerDefinition definition(JsonNode model, String template) throws IOException {
    Files.copy(
        FIXTURE.resolve("tokenizer.json"),
        folder.resolve("tokenizer.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    ObjectNode config = JSON.createObjectNode();
    config.set("eos_token", model.get("stop"));
    config.set("bos_token", model.get("bos"));
    config.set("chat_template", model.get(template));
    JSON.writeValue(folder.resolve("tokenizer_config.json").toFile(), config);
    return TokenizerDefinition.fromFolder(folder);
  }

  private static Example.Chat chat(JsonNode conversation) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode turn : conversation.get("messages")) {
      Map<String, Object> more =
          new LinkedHashMap<>(JSON.convertValue(turn, new TypeReference<>() {}));
      more.remove("role");
      more.remove("content");
      messages.add(
          new ChatMessage(
              turn.get("role").asText(),
              more.containsKey("tool_calls") ? null : turn.get("content").asText(),
              more));
    }
    List<Map<String, Object>> tools =
        conversation.get("tools").isNull()
            ? List.of()
            : JSON.convertValue(conversation.get("tools"), new TypeReference<>() {});
    return new Example.Chat(conversation.get("name").asText(), messages, tools, Set.of());
  }

  private static boolean hasCalls(Example.Chat chat) {
    return chat.messages().stream().anyMatch(m -> m.more().containsKey("tool_calls"));
  }

  private static int[] ints(JsonNode node) {
    return JSON.convertValue(node, int[].class);
  }

  private static List<Integer> list(int[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }
}
