package io.affinage.reward.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import io.affinage.events.EventJson;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardRequested.Item;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestScorerTest {
  private final RequestScorer scorer = new RequestScorer(10);

  @Test
  void shouldAnswerInOrderWithNullForWhatCannotBeScored() {
    RewardScored scored =
        scorer.score(
            request(
                new RewardSpec.ExactMatch(false, false),
                new Item("a", "p", "yes", "yes"),
                new Item("b", "p", "yes", null),
                new Item("c", "p", null, "yes"),
                new Item("d", "p", "no", "yes")));
    assertThat(scored.error()).isNull();
    assertThat(scored.scores())
        .extracting(RewardScored.Score::itemId)
        .containsExactly("a", "b", "c", "d");
    assertThat(scored.scores())
        .extracting(RewardScored.Score::value)
        .containsExactly(1.0, null, null, 0.0);
    assertThat(scored.scores()).allSatisfy(s -> assertThat(s.detail()).isNotBlank());
  }

  @Test
  void shouldAnswerABadRequestWithItsCode() {
    Item item = new Item("a", "p", "c", "r");
    RewardSpec exact = new RewardSpec.ExactMatch(false, false);
    assertThat(code(request(new RewardSpec.Regex("("), item))).isEqualTo("invalid_pattern");
    assertThat(code(request(new RewardSpec.Regex(null), item))).isEqualTo("invalid_pattern");
    assertThat(code(request(new RewardSpec.JsonSchema(null), item))).isEqualTo("invalid_schema");
    assertThat(code(request(new RewardSpec.Length(5, 1), item))).isEqualTo("invalid_length");
    assertThat(code(request(new RewardSpec.NumericAnswer(-1), item)))
        .isEqualTo("invalid_tolerance");
    assertThat(code(request(null, item))).isEqualTo("missing_reward");
    assertThat(code(request(exact))).isEqualTo("no_items");
    assertThat(code(new RewardRequested("r", exact, null, null))).isEqualTo("no_items");
    assertThat(code(request(exact, item, item))).isEqualTo("duplicate_item");
    assertThat(code(request(exact, new Item(" ", "p", "c", "r")))).isEqualTo("invalid_item");
    assertThat(code(new RewardRequested("r", exact, Arrays.asList((Item) null), null)))
        .isEqualTo("invalid_item");
    Item[] many =
        IntStream.range(0, 11).mapToObj(i -> new Item("i" + i, "p", "c", "r")).toArray(Item[]::new);
    assertThat(code(request(exact, many))).isEqualTo("too_many_items");
  }

  @Test
  void shouldTakeAConversationWhoseLastTurnIsThePrompt() {
    ChatMessage system = new ChatMessage("system", "Be kind.");
    ChatMessage user = new ChatMessage("user", "p");
    RewardSpec exact = new RewardSpec.ExactMatch(false, false);
    assertThat(scorer.score(request(exact, said(List.of(system, user)))).scores().get(0).value())
        .isEqualTo(1.0);
    assertThat(refusal(said(List.of()))).contains("items[0].messages");
    assertThat(refusal(said(List.of(system)))).contains("items[0].prompt");
    assertThat(refusal(said(List.of(user, new ChatMessage("assistant", "p")))))
        .contains("ends with the assistant");
    assertThat(refusal(said(List.of(new ChatMessage("bot", "x"), user))))
        .contains("items[0].messages[0].role");
    assertThat(refusal(said(List.of(new ChatMessage("user", null), user))))
        .contains("items[0].messages[0].content");
    assertThat(refusal(new Item("a", "p", "c", "c", null, null, null, List.of(new IntNode(1)))))
        .contains("items[0].tools");
  }

  private static Item said(List<ChatMessage> messages) {
    return new Item("a", "p", "c", "c", null, null, messages, null);
  }

  private String refusal(Item item) {
    RewardScored scored = scorer.score(request(new RewardSpec.ExactMatch(false, false), item));
    assertThat(scored.error().code()).isEqualTo("invalid_item");
    return scored.error().message();
  }

  /** Reward models and programs of the user's see all of it. */
  @Test
  void shouldHandTheConversationOn() {
    Item item = said(List.of(new ChatMessage("system", "Be kind."), new ChatMessage("user", "p")));
    List<LearnedScores.Text> read = new ArrayList<>();
    List<RewardExternalRequested.Item> asked = new ArrayList<>();
    LearnedScores learned =
        (model, texts) -> {
          read.addAll(texts);
          return CompletableFuture.completedFuture(List.of(new Score.Value(1, null)));
        };
    ExternalScores externals =
        question -> {
          asked.addAll(question.request().items());
          return CompletableFuture.completedFuture(
              new RewardExternalScored(
                  question.request().externalId(),
                  List.of(new RewardExternalScored.Score("a", 1.0, null)),
                  null));
        };
    scorer.score(request(new RewardSpec.Model("m"), item), externals, learned).join();
    scorer
        .score(
            request(new RewardSpec.External(null, null, null, null, null), item),
            externals,
            learned)
        .join();
    assertThat(read).containsExactly(new LearnedScores.Text("p", "c", item.messages(), null));
    assertThat(asked.get(0).messages()).isEqualTo(item.messages());
  }

  @Test
  void shouldSayByCodeWhyAnItemHasNoValue() {
    RewardScored scored =
        scorer.score(
            request(
                new RewardSpec.NumericAnswer(0),
                new Item("a", "p", "1", "1"),
                new Item("b", "p", "1", null),
                new Item("c", "p", null, "1"),
                new Item("d", "p", "1", "one")));
    assertThat(scored.scores())
        .extracting(RewardScored.Score::code)
        .containsExactly(null, "missing_reference", "missing_completion", "no_number_in_reference");
  }

  /** What cannot be written as JSON would stop the answer, and what is escaped makes it long. */
  @Test
  void shouldQuoteNothingThatCannotBeWritten() throws Exception {
    String half = "\ud83d";
    RewardScored scored =
        scorer.score(
            request(
                new RewardSpec.ExactMatch(false, false),
                new Item("a", "p", "x".repeat(89) + "\ud83d\ude00".repeat(9), "\u0001\u0002"),
                new Item("b", "p", half + "x", half)));
    byte[] json = EventJson.mapper().writeValueAsBytes(scored);
    assertThat(EventJson.mapper().readValue(json, RewardScored.class)).isEqualTo(scored);
    assertThat(new String(json, java.nio.charset.StandardCharsets.UTF_8)).doesNotContain("\\u00");
    for (String id : List.of("a" + half, "a\u0000")) {
      assertThat(code(request(new RewardSpec.Length(1, 2), new Item(id, "p", "c", "r"))))
          .isEqualTo("invalid_item");
    }
  }

  private String code(RewardRequested request) {
    RewardScored scored = scorer.score(request);
    assertThat(scored.scores()).isEmpty();
    assertThat(scored.error().message()).isNotBlank();
    return scored.error().code();
  }

  private static RewardRequested request(RewardSpec spec, Item... items) {
    return new RewardRequested("r", spec, List.of(items), null);
  }
}
