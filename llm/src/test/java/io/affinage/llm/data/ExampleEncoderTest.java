package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.SharedData;
import io.affinage.llm.text.TokenOffsets;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerTest;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExampleEncoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static Tokenizer tokenizer;
  private static ChatTemplate template;

  @BeforeAll
  static void load() throws IOException {
    tokenizer = TokenizerTest.smolLm2();
    template = ChatTemplate.of(TokenizerTest.smolLm2Definition()).orElseThrow();
  }

  @AfterAll
  static void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }

  @Test
  void shouldMaskAsTheReferenceDoes() throws IOException {
    JsonNode golden =
        JSON.readTree(SharedData.path("models/smollm2-135m-instruct/golden.json").toFile());
    String[] answers = {
      "The capital of France is Paris.",
      "Red, yellow, blue.",
      "The mouse was chased by the cat.",
      "def add(a, b):\n    return a + b"
    };
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < answers.length; i++) {
      List<ChatMessage> messages = new ArrayList<>();
      golden
          .get("greedy")
          .get(i)
          .get("messages")
          .forEach(
              m -> messages.add(ChatMessage.of(m.get("role").asText(), m.get("content").asText())));
      messages.add(ChatMessage.of("assistant", answers[i]));
      examples.add(new Example.Chat("c" + i, messages));
    }
    for (JsonNode trace : golden.get("lora")) {
      List<TokenizedExample> rows = encoder(AnswerTargets.LAST).encodeAll(examples).examples();
      for (int i = 0; i < rows.size(); i++) {
        assertThat(rows.get(i).ids())
            .isEqualTo(JSON.convertValue(trace.get("rows").get(i).get("ids"), int[].class));
        assertThat(rows.get(i).labels())
            .isEqualTo(JSON.convertValue(trace.get("rows").get(i).get("labels"), int[].class));
      }
    }
  }

  @Test
  void shouldCountTheTokensOfARealDataSet() throws IOException {
    List<Example> examples = new ArrayList<>();
    for (JsonNode row :
        JSON.readTree(
            SharedData.path("data/sft-raschka-instruct/instruction-data.json").toFile())) {
      String input = row.path("input").asText();
      examples.add(
          chat(
              "r" + examples.size(),
              "user",
              row.get("instruction").asText() + (input.isEmpty() ? "" : "\n" + input),
              "assistant",
              row.get("output").asText()));
    }
    EncodedExamples encoded = encoder(AnswerTargets.LAST).encodeAll(examples);
    assertThat(encoded.report().examples()).isEqualTo(1100);
    assertThat(encoded.report().tokens()).isEqualTo(62_926);
    assertThat(encoded.report().targetTokens()).isEqualTo(16_010);
    int nodes = 0;
    int targets = 0;
    for (int[] batch : Batcher.byCount(EpochOrder.sequential(1100), 16)) {
      PrefixTreeRow row =
          PrefixTreeRow.of(
              Arrays.stream(batch).mapToObj(i -> encoded.examples().get(i)).toList(), true);
      nodes += row.tree().nodes();
      targets += row.targetCount();
    }
    assertThat(nodes).isEqualTo(36_788);
    assertThat(targets).isEqualTo(16_010);
  }

  @Test
  void shouldTakeAllAnswersByPrefixesOrByMarks() {
    Example chat =
        chat(
            "c", "user", "Hi", "assistant", "Hello 👩‍🚀!", "user", "Bye", "assistant", "See you.");
    TokenizedExample byPrefixes = encoder(AnswerTargets.ALL).encode(chat);
    assertThat(targets(byPrefixes))
        .containsExactly("Hello 👩‍🚀!<|im_end|>\n", "See you.<|im_end|>\n");
    ChatTemplate marking =
        ChatTemplate.parse(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\\n' }}{% endfor %}",
            Map.of(), Clock.systemUTC());
    TokenizedExample byMarks =
        new ExampleEncoder(tokenizer, Optional.of(marking), settings(99, AnswerTargets.ALL))
            .encode(chat);
    assertThat(targets(byMarks)).containsExactly("Hello 👩‍🚀!<|im_end|>", "See you.<|im_end|>");
    assertThat(targets(encoder(AnswerTargets.LAST).encode(chat)))
        .containsExactly("See you.<|im_end|>\n");
  }

  @Test
  void shouldTellWhereTokensStand() {
    String text = "a 👩‍🚀 naïve 日本語 end";
    TokenOffsets tokens = tokenizer.encodeWithOffsets(text);
    assertThat(tokens.ids()).isEqualTo(tokenizer.encode(text));
    for (int i = 0; i < tokens.ids().length; i++) {
      String piece = tokenizer.decode(tokens.ids()[i]);
      if (!piece.contains("\uFFFD")) { // else it is a part of a character
        assertThat(text.substring(tokens.starts()[i], tokens.ends()[i])).endsWith(piece.strip());
        assertThat(piece).endsWith(text.substring(tokens.starts()[i], tokens.ends()[i]).strip());
      }
    }
    assertThat(tokens.ends()[tokens.ids().length - 1]).isEqualTo(text.length());
  }

  @Test
  void shouldEndWhatIsNoChat() {
    TokenizedExample completion =
        encoder(AnswerTargets.LAST)
            .encode(new Example.Completion("p", "The capital of France is", " Paris."));
    assertThat(targets(completion)).containsExactly(" Paris.<|im_end|>");
    TokenizedExample ended =
        encoder(AnswerTargets.LAST)
            .encode(new Example.Completion("p", "The capital is", " Paris.<|im_end|>"));
    assertThat(targets(ended)).containsExactly(" Paris.<|im_end|>");
    TokenizedExample text = encoder(AnswerTargets.LAST).encode(new Example.Text("t", "One two"));
    assertThat(text.targetCount()).isEqualTo(text.length() - 1);
    assertThat(text.ids()[text.length() - 1]).isEqualTo(2);
  }

  @Test
  void shouldCountWhatIsTooLong() {
    List<Example> examples =
        List.of(
            new Example.Completion("short", "a", " b"),
            new Example.Completion("long", "a", " b c d e f g h i j"),
            new Example.Completion("prompt", "a b c d e f g h", " i"));
    EncodedExamples dropped = encoder(6, OverlengthPolicy.DROP).encodeAll(examples);
    assertThat(dropped.report()).isEqualTo(new EncodingReport(1, 3, 2, 3, 2, 0));
    EncodedExamples cut = encoder(6, OverlengthPolicy.TRUNCATE).encodeAll(examples);
    assertThat(cut.report()).isEqualTo(new EncodingReport(2, 9, 7, 6, 1, 1));
    assertThat(targets(cut.examples().get(1))).containsExactly(" b c d e f");
    assertCode(
        "example_too_long", () -> encoder(6, OverlengthPolicy.FAIL).encodeAll(examples), "long");
    assertCode(
        "no_examples_left",
        () -> encoder(2, OverlengthPolicy.DROP).encodeAll(examples),
        "all 3 examples");
  }

  @Test
  void shouldRefuseExamplesThatWouldTrainSomethingElse() {
    // "is " + "Paris" is cut as "is" + " Paris".
    assertCode(
        "prompt_not_prefix",
        () ->
            encoder(AnswerTargets.LAST)
                .encode(new Example.Completion("x7", "The city is ", "Paris")),
        "x7");
    assertCode(
        "no_answer", () -> encoder(AnswerTargets.LAST).encode(chat("x", "user", "a")), "assistant");
    assertCode(
        "no_answer",
        () -> encoder(AnswerTargets.LAST).encode(chat("x", "assistant", "a", "user", "b")),
        "user");
    assertCode(
        "no_answer",
        () -> encoder(AnswerTargets.LAST).encode(new Example.Completion("x", "a", "")),
        "empty");
    ChatTemplate endless =
        ChatTemplate.parse(
            "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}",
            Map.of(), Clock.systemUTC());
    assertCode(
        "eos_not_target",
        () ->
            new ExampleEncoder(tokenizer, Optional.of(endless), settings(99, AnswerTargets.LAST))
                .encode(chat("x", "user", "a", "assistant", "b")),
        "<|im_end|>");
    assertCode(
        "chat_template_missing",
        () ->
            new ExampleEncoder(tokenizer, Optional.empty(), settings(99, AnswerTargets.LAST))
                .encode(chat("x", "user", "a", "assistant", "b")),
        "conversations");
    ChatTemplate forgetful =
        ChatTemplate.parse(
            "{% for m in messages %}{% if m.role == 'user' or loop.last %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}",
            Map.of(), Clock.systemUTC());
    assertCode(
        "prompt_not_prefix",
        () ->
            new ExampleEncoder(tokenizer, Optional.of(forgetful), settings(99, AnswerTargets.ALL))
                .encode(chat("x", "user", "a", "assistant", "b", "user", "c", "assistant", "d")),
        "example x");
  }

  private static Example chat(String id, String... turns) {
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < turns.length; i += 2) {
      messages.add(ChatMessage.of(turns[i], turns[i + 1]));
    }
    return new Example.Chat(id, messages);
  }

  private static ExampleEncoder encoder(AnswerTargets answers) {
    return new ExampleEncoder(tokenizer, Optional.of(template), settings(4096, answers));
  }

  private static ExampleEncoder encoder(int maxLength, OverlengthPolicy policy) {
    return new ExampleEncoder(
        tokenizer,
        Optional.empty(),
        new ExampleEncoder.Settings(maxLength, policy, AnswerTargets.LAST));
  }

  private static ExampleEncoder.Settings settings(int maxLength, AnswerTargets answers) {
    return new ExampleEncoder.Settings(maxLength, OverlengthPolicy.FAIL, answers);
  }

  private static List<String> targets(TokenizedExample example) {
    List<String> texts = new ArrayList<>();
    int[] spans = example.targetSpans();
    for (int i = 0; i < spans.length; i += 2) {
      texts.add(tokenizer.decode(Arrays.copyOfRange(example.ids(), spans[i], spans[i + 1])));
    }
    return texts;
  }

  private static void assertCode(String code, ThrowingCallable call, String names) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(names);
  }
}
