package io.affinage.llm.data;

import static io.affinage.llm.data.Adjustment.SPECIAL_TOKENS_ONCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.SharedData;
import io.affinage.llm.text.TokenOffsets;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import io.affinage.llm.text.TokenizerTest;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    assertThat(dropped.report())
        .isEqualTo(
            new EncodingReport(
                1,
                3,
                2,
                3,
                2,
                0,
                21,
                Map.of(),
                Map.of("example_too_long", 2),
                List.of(
                    new RefusedExample(1, "long", "example_too_long", tooLong("long", 11)),
                    new RefusedExample(2, "prompt", "example_too_long", tooLong("prompt", 10)))));
    assertThat(dropped.report().lostShare()).isEqualTo(21 / 24.0);
    EncodedExamples cut = encoder(6, OverlengthPolicy.TRUNCATE).encodeAll(examples);
    assertThat(cut.report())
        .isEqualTo(
            new EncodingReport(
                2,
                9,
                7,
                6,
                1,
                1,
                15,
                Map.of(),
                Map.of("example_too_long", 1),
                List.of(
                    new RefusedExample(2, "prompt", "example_too_long", tooLong("prompt", 10)))));
    assertThat(targets(cut.examples().get(1))).containsExactly(" b c d e f");
    assertCode(
        "example_too_long", () -> encoder(6, OverlengthPolicy.FAIL).encodeAll(examples), "long");
    assertCode(
        "no_examples_left",
        () -> encoder(2, OverlengthPolicy.DROP).encodeAll(examples),
        "all 3 examples");
  }

  private static String tooLong(String id, int tokens) {
    return "example %s has %d tokens, more than the maximum of 6: raise the maximum, or choose to drop or truncate longer examples"
        .formatted(id, tokens);
  }

  /** "is " + "Paris" is cut as "is" + " Paris". */
  @Test
  void shouldBeginTheTargetWherePromptAndWholeAgreeNoLonger() {
    EncodedExamples encoded =
        encoder(AnswerTargets.LAST)
            .encodeAll(
                List.of(
                    new Example.Completion("x7", "The city is ", "Paris"),
                    new Example.Completion("x8", "The city is", " Paris")));

    assertThat(encoded.examples()).hasSize(2);
    for (TokenizedExample example : encoded.examples()) {
      assertThat(targets(example)).containsExactly(" Paris<|im_end|>");
    }
    assertThat(encoded.report().adjustments()).isEqualTo(Map.of(Adjustment.BOUNDARY_MOVED, 1));
  }

  /** What was rendered before it came here has its special tokens already. */
  @Test
  void shouldPutSpecialTokensAroundATextOnce() throws IOException {
    for (String text : List.of("one two", "<|im_start|>one two", "one two<|im_end|>")) {
      try (Tokenizer surrounding = surrounding("<|im_start|>", "<|im_end|>")) {
        ExampleEncoder encoder =
            new ExampleEncoder(surrounding, Optional.empty(), settings(99, AnswerTargets.ALL));
        EncodedExamples encoded =
            encoder.encodeAll(
                List.of(
                    new Example.Text("t", text), new Example.Completion("c", text + " ", "three")));

        assertThat(surrounding.decode(encoded.examples().get(0).ids()))
            .isEqualTo("<|im_start|>one two<|im_end|>");
        assertThat(encoded.report().adjustments().getOrDefault(SPECIAL_TOKENS_ONCE, 0) > 0)
            .isEqualTo(!text.equals("one two"));
        assertThat(surrounding.decode(encoder.prompt("<|im_start|>one")))
            .isEqualTo(surrounding.decode(encoder.prompt("one")))
            .isEqualTo("<|im_start|>one");
      }
    }
  }

  private static Tokenizer surrounding(String before, String after) throws IOException {
    TokenizerDefinition plain = TokenizerTest.smolLm2Definition();
    ObjectNode json = plain.json().deepCopy();
    json.set(
        "post_processor",
        JSON.readTree(
            """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "B", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "E", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"B": {"id": "B", "ids": [%d], "tokens": ["%s"]},
                                "E": {"id": "E", "ids": [%d], "tokens": ["%s"]}}}
            """
                .formatted(
                    tokenizer.id(before).orElseThrow(),
                    before,
                    tokenizer.id(after).orElseThrow(),
                    after)));
    return Tokenizer.of(
        new TokenizerDefinition(
            json, plain.specialTokens(), plain.chatTemplates(), plain.modelMaxLength()));
  }

  @Test
  void shouldLeaveOutAndNameWhatCannotBeLearnedFrom() {
    List<Example> examples =
        List.of(
            new Example.Completion("good", "a", " b"),
            new Example.Completion("empty", "a", ""),
            new Example.Completion("half", "a", " \ud800"),
            chat("asked", "user", "a"),
            new Example.Completion("late", "a b c d e f g h i j k l m", " n"));
    ExampleEncoder lenient =
        new ExampleEncoder(
            tokenizer,
            Optional.of(template),
            new ExampleEncoder.Settings(9, OverlengthPolicy.DROP, AnswerTargets.ALL));

    EncodingReport report = lenient.encodeAll(examples).report();

    assertThat(report.examples()).isEqualTo(1);
    assertThat(report.refused())
        .isEqualTo(Map.of("no_answer", 2, "text_not_unicode", 1, "example_too_long", 1));
    assertThat(report.firstRefusals())
        .extracting(RefusedExample::index, RefusedExample::id, RefusedExample::code)
        .containsExactly(
            tuple(1, "empty", "no_answer"),
            tuple(2, "half", "text_not_unicode"),
            tuple(3, "asked", "no_answer"),
            tuple(4, "late", "example_too_long"));
    assertCode(
        "no_answer",
        () ->
            new ExampleEncoder(
                    tokenizer,
                    Optional.of(template),
                    new ExampleEncoder.Settings(9, OverlengthPolicy.DROP, AnswerTargets.ALL, true))
                .encodeAll(examples),
        "example empty");
    assertCode(
        "no_examples_left", () -> lenient.encodeAll(examples.subList(1, 4)), "none of 3 examples");
    assertCode("no_answer", () -> lenient.encodeAll(examples.subList(1, 2)), "none of 1 examples");
  }

  @Test
  void shouldTakeNoLossOnMaskedAnswers() {
    List<ChatMessage> messages =
        List.of(
            ChatMessage.of("user", "Hi"),
            ChatMessage.of("assistant", "Hello"),
            ChatMessage.of("user", "Bye"),
            ChatMessage.of("assistant", "See you"));
    assertThat(targets(masked(messages, 1))).containsExactly("See you<|im_end|>\n");
    TokenizedExample first = masked(messages, 3);
    assertThat(targets(first)).containsExactly("Hello<|im_end|>\n");
    // What follows the last target is not computed.
    assertThat(first.targetSpans()[1]).isEqualTo(first.length());
    assertCode("no_answer", () -> masked(messages, 1, 3), "weight 0");
    assertCode(
        "no_answer",
        () ->
            encoder(AnswerTargets.LAST)
                .encode(new Example.Chat("x", messages, List.of(), Set.of(3))),
        "the last answer has the weight 0");
  }

  private static TokenizedExample masked(List<ChatMessage> messages, Integer... turns) {
    return encoder(AnswerTargets.ALL)
        .encode(new Example.Chat("x", messages, List.of(), Set.of(turns)));
  }

  @Test
  void shouldRefuseExamplesThatWouldTrainSomethingElse() {
    assertCode(
        "prompt_not_prefix",
        () -> encoder(AnswerTargets.LAST).encode(new Example.Completion("x7", "a", "b")),
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
    Example chat = chat("x", "user", "a", "assistant", "b", "user", "c", "assistant", "d");
    ExampleEncoder splitting =
        new ExampleEncoder(tokenizer, Optional.of(forgetful), settings(99, AnswerTargets.ALL));
    EncodedExamples split = splitting.encodeAll(List.of(chat));
    assertThat(split.examples())
        .extracting(e -> tokenizer.decode(e.ids()))
        .containsExactly("a<|im_end|>b<|im_end|>", "a<|im_end|>c<|im_end|>d<|im_end|>");
    assertThat(split.examples())
        .extracting(ExampleEncoderTest::targets)
        .containsExactly(List.of("b<|im_end|>"), List.of("d<|im_end|>"));
    assertThat(split.report().adjustments()).isEqualTo(Map.of(Adjustment.SPLIT_BY_ANSWER, 1));
    assertCode("several_rows", () -> splitting.encode(chat), "example x");
  }

  /** Mistral's templates write the system turn before the last turn, if that is the user's. */
  @Test
  void shouldLearnAnAnswerAfterThePromptThatItIsAskedWith() {
    ChatTemplate moving =
        ChatTemplate.parse(
            "{% for m in messages %}{% if m.role == 'user' %}[{% if loop.last and messages[0].role == 'system' %}{{ messages[0].content }}, {% endif %}{{ m.content }}]{% elif m.role == 'assistant' %} {{ m.content }}<|im_end|>{% endif %}{% endfor %}",
            Map.of(), Clock.systemUTC());
    EncodedExamples encoded =
        new ExampleEncoder(tokenizer, Optional.of(moving), settings(99, AnswerTargets.ALL))
            .encodeAll(
                List.of(
                    chat(
                        "x",
                        "system",
                        "s",
                        "user",
                        "a",
                        "assistant",
                        "b",
                        "user",
                        "c",
                        "assistant",
                        "d")));
    assertThat(encoded.examples())
        .extracting(e -> tokenizer.decode(e.ids()))
        .containsExactly("[s, a] b<|im_end|>", "[a] b<|im_end|>[s, c] d<|im_end|>");
    assertThat(encoded.examples())
        .extracting(ExampleEncoderTest::targets)
        .containsExactly(List.of(" b<|im_end|>"), List.of(" d<|im_end|>"));
    ChatTemplate silent =
        ChatTemplate.parse(
            "{% if messages[-1].role == 'assistant' %}{{ messages[-1].content }}<|im_end|>{% else %}?{% endif %}",
            Map.of(), Clock.systemUTC());
    assertCode(
        "prompt_not_prefix",
        () ->
            new ExampleEncoder(tokenizer, Optional.of(silent), settings(99, AnswerTargets.ALL))
                .encode(chat("x", "user", "a", "assistant", "b")),
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
