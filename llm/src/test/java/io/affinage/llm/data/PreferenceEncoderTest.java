package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PreferenceEncoderTest {
  /** Its generation prompt opens reasoning, which an answer without any leaves out. */
  private static final String THINKING =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}";

  private static Tokenizer tokenizer;
  private static ChatTemplate template;

  @BeforeAll
  static void train() {
    TokenizerDefinition definition =
        BpeTrainer.train(
            List.of("What is it? It is a good answer. It is a bad one. <think> so </think>"),
            BpeTrainer.Settings.chatMl(300));
    tokenizer = Tokenizer.of(definition);
    template = ChatTemplate.of(definition).orElseThrow();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  /**
   * Token for token the rendered text, both sides; the end token is a target once each: rlhf points
   * 1 and 2.
   */
  @Test
  void shouldEncodeBothSidesAsTheTemplateRendersThem() {
    PreferencePair pair = chats("What is it?", "It is a good answer.", "It is bad");

    Group group = encoder(100, OverlengthPolicy.DROP).encode(pair);

    TokenizedExample chosen = group.members().get(0);
    TokenizedExample rejected = group.members().get(1);
    assertThat(chosen.ids()).isEqualTo(tokenizer.encode(rendered(pair.chosen())));
    assertThat(rejected.ids()).isEqualTo(tokenizer.encode(rendered(pair.rejected())));
    assertThat(chosen.targetSpans()[0]).isEqualTo(rejected.targetSpans()[0]);
    int prompt = chosen.targetSpans()[0];
    assertThat(Arrays.copyOf(chosen.ids(), prompt))
        .isEqualTo(Arrays.copyOf(rejected.ids(), prompt));
    assertThat(text(targets(chosen))).isEqualTo("It is a good answer.<|im_end|>\n");
    for (TokenizedExample side : group.members()) {
      int end = tokenizer.specialTokens().requireEos();
      assertThat(Arrays.stream(targets(side)).filter(id -> id == end).count()).isEqualTo(1);
      // The one of the question is no target, and is there.
      assertThat(Arrays.stream(side.ids()).filter(id -> id == end).count()).isGreaterThan(1);
    }
  }

  /** The prompt of a pair is computed once. */
  @Test
  void shouldShareThePromptInTheTree() {
    Group group =
        encoder(100, OverlengthPolicy.DROP)
            .encode(chats("What is it?", "It is a good answer.", "bad"));

    PrefixTreeRow row = PrefixTreeRow.of(group.members(), true);

    int shared = Arrays.mismatch(group.members().get(0).ids(), group.members().get(1).ids());
    assertThat(shared).isGreaterThanOrEqualTo(group.members().get(0).targetSpans()[0]);
    assertThat(row.tree().nodes()).isEqualTo(group.tokens() - shared);
  }

  /** Only one side goes on with the reasoning that the prompt opens: rlhf point 2. */
  @Test
  void shouldFindTheBoundaryAfterLookingAtBothSides() {
    ChatTemplate thinking = ChatTemplate.parse(THINKING, Map.of(), Clock.systemUTC());
    for (boolean reasonsFirst : new boolean[] {true, false}) {
      String reasoning = "<think>\nso </think> It is good.";
      String plain = "It is bad.";
      PreferencePair pair =
          reasonsFirst
              ? chats("What is it?", reasoning, plain)
              : chats("What is it?", plain, reasoning);

      Group group =
          new PreferenceEncoder(
                  tokenizer, Optional.of(thinking), settings(100, OverlengthPolicy.DROP))
              .encode(pair);

      String first = text(targets(group.members().get(0)));
      String second = text(targets(group.members().get(1)));
      assertThat(reasonsFirst ? first : second).isEqualTo(reasoning + "<|im_end|>\n");
      assertThat(reasonsFirst ? second : first).isEqualTo(plain + "<|im_end|>\n");
    }
  }

  @Test
  void shouldEncodePlainTexts() {
    Group group =
        encoder(100, OverlengthPolicy.DROP)
            .encode(
                new PreferencePair(
                    "p",
                    new Example.Completion("p", "It is", " a good answer"),
                    new Example.Completion("p", "It is", " bad")));

    assertThat(text(targets(group.members().get(0)))).isEqualTo(" a good answer<|im_end|>");
    assertThat(text(targets(group.members().get(1)))).isEqualTo(" bad<|im_end|>");
  }

  /** Turns of the prompt are no targets, nor are the user's between two answers. */
  @Test
  void shouldScoreAnswersAlone() {
    List<ChatMessage> prompt =
        List.of(
            ChatMessage.of("user", "What"),
            ChatMessage.of("assistant", "It"),
            ChatMessage.of("user", "is it?"));
    PreferencePair pair =
        new PreferencePair(
            "p", chat(prompt, "It is", "What is?", "a good answer"), chat(prompt, "bad"));

    Group group = encoder(200, OverlengthPolicy.DROP).encode(pair);

    assertThat(text(targets(group.members().get(0))))
        .isEqualTo("It is<|im_end|>\na good answer<|im_end|>\n");
    assertThat(text(targets(group.members().get(1)))).isEqualTo("bad<|im_end|>\n");
  }

  /** A pair is one unit: a side that is too long takes the other along. */
  @Test
  void shouldKeepOrLeaveOutPairsAsAWhole() {
    PreferencePair fits = chats("What is it?", "good", "bad");
    PreferencePair tooLong =
        chats("What is it?", "good", "It is a bad one. It is a bad one. It is a bad one.");
    int length = longest(fits) + 6;

    EncodedPairs dropped = encoder(length, OverlengthPolicy.DROP).encodeAll(List.of(fits, tooLong));
    assertThat(dropped.pairs()).hasSize(1);
    assertThat(dropped.report().dropped()).isEqualTo(1);
    assertThat(dropped.report().examples()).isEqualTo(1);
    assertThat(dropped.report().refused()).containsEntry("example_too_long", 1);

    EncodedPairs cut = encoder(length, OverlengthPolicy.TRUNCATE).encodeAll(List.of(tooLong));
    Group group = cut.pairs().get(0);
    assertThat(group.members().get(1).length()).isEqualTo(length);
    assertThat(group.members().get(0).length()).isLessThan(length);
    assertThat(cut.report().truncated()).isEqualTo(1);

    assertThatThrownBy(() -> encoder(length, OverlengthPolicy.FAIL).encodeAll(List.of(tooLong)))
        .isInstanceOf(LlmException.class)
        .hasFieldOrPropertyWithValue("code", "example_too_long");
  }

  /** Where cutting leaves nothing that differs, there is nothing to prefer. */
  @Test
  void shouldLeaveOutPairsThatCuttingMakesAlike() {
    PreferencePair pair =
        chats("What is it?", "It is a good answer. so", "It is a good answer. bad");
    Group whole = encoder(100, OverlengthPolicy.DROP).encode(pair);
    int parts = Arrays.mismatch(whole.members().get(0).ids(), whole.members().get(1).ids());
    for (int length : new int[] {parts, whole.members().get(0).targetSpans()[0]}) {
      assertThatThrownBy(() -> encoder(length, OverlengthPolicy.TRUNCATE).encodeAll(List.of(pair)))
          .isInstanceOf(LlmException.class)
          .hasFieldOrPropertyWithValue("code", "no_examples_left");
    }
    assertThat(encoder(parts + 1, OverlengthPolicy.TRUNCATE).encodeAll(List.of(pair)).pairs())
        .hasSize(1);
  }

  @Test
  void shouldRefuseAnswersThatAreAlike() {
    PreferencePair alike = chats("What is it?", "good", "good");
    assertThatThrownBy(() -> encoder(100, OverlengthPolicy.DROP).encodeAll(List.of(alike)))
        .isInstanceOf(LlmException.class)
        .hasFieldOrPropertyWithValue("code", "answers_alike");
    EncodedPairs rest =
        encoder(100, OverlengthPolicy.DROP)
            .encodeAll(List.of(alike, chats("What is it?", "good", "bad")));
    assertThat(rest.pairs()).hasSize(1);
    assertThat(rest.report().refused()).isEqualTo(Map.of("answers_alike", 1));
  }

  private static int longest(PreferencePair pair) {
    return encoder(1000, OverlengthPolicy.DROP).encode(pair).members().stream()
        .mapToInt(TokenizedExample::length)
        .max()
        .orElseThrow();
  }

  private static PreferenceEncoder encoder(int maxLength, OverlengthPolicy overlength) {
    return new PreferenceEncoder(tokenizer, Optional.of(template), settings(maxLength, overlength));
  }

  private static ExampleEncoder.Settings settings(int maxLength, OverlengthPolicy overlength) {
    return new ExampleEncoder.Settings(maxLength, overlength, AnswerTargets.ALL);
  }

  private static PreferencePair chats(String question, String chosen, String rejected) {
    List<ChatMessage> prompt = List.of(ChatMessage.of("user", question));
    return new PreferencePair("p", chat(prompt, chosen), chat(prompt, rejected));
  }

  /** Turns after the prompt are by turns the assistant's and the user's. */
  private static Example chat(List<ChatMessage> prompt, String... turns) {
    List<ChatMessage> messages = new ArrayList<>(prompt);
    for (int i = 0; i < turns.length; i++) {
      messages.add(ChatMessage.of(i % 2 == 0 ? "assistant" : "user", turns[i]));
    }
    return new Example.Chat("p", messages, List.of(), prompt.size() > 1 ? Set.of(1) : Set.of());
  }

  private static String rendered(Example example) {
    return template.render(
        ((Example.Chat) example).messages(), new ChatTemplate.Options(false, List.of(), Map.of()));
  }

  private static int[] targets(TokenizedExample example) {
    return Arrays.stream(example.labels()).filter(id -> id != -100).toArray();
  }

  private static String text(int[] ids) {
    return tokenizer.decode(ids, false);
  }
}
