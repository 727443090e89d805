package io.affinage.reward.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.events.EventJson;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnsembleTest {
  private final RequestScorer scorer = new RequestScorer(10);

  @Test
  void shouldAddWeightedScoresAndTellTheShares() throws Exception {
    RewardScored scored =
        score(
            """
            {"name": "right", "reward": {"type": "exact_match"}, "weight": 2},
            {"reward": {"type": "length", "minCharacters": 0, "maxCharacters": 4}, "weight": -0.5}
            """,
            "yes",
            "nooooo");
    assertThat(scored.scores()).extracting(RewardScored.Score::value).containsExactly(1.5, -0.25);
    assertThat(scored.scores().get(0).shares())
        .containsExactly(
            new RewardScored.Share("right", 1.0, 2.0, null),
            new RewardScored.Share("length", 1.0, -0.5, null));
    assertThat(scored.scores().get(1).shares())
        .containsExactly(
            new RewardScored.Share("right", 0.0, 0.0, null),
            new RewardScored.Share("length", 0.5, -0.25, null));
  }

  /** What has weight 0 only watches: an answer that it cannot score keeps its sum. */
  @Test
  void shouldNotMissTheScoreOfAWatch() throws Exception {
    RewardScored scored =
        score(
            """
            {"name": "right", "reward": {"type": "exact_match"}},
            {"name": "watch", "reward": {"type": "numeric_answer"}, "weight": 0}
            """,
            "yes",
            "7");
    assertThat(scored.scores()).extracting(RewardScored.Score::value).containsExactly(1.0, 0.0);
    RewardScored.Share watch = scored.scores().get(0).shares().get(1);
    assertThat(watch.value()).isNull();
    assertThat(watch.code()).isNotNull();
  }

  /** As numpy says: (x - x.mean()) / x.std(ddof=1) of 0, 1, 1, 0.5. */
  @Test
  void shouldStandardize() throws Exception {
    RewardScored scored =
        score(length("\"normalize\": \"standardize\""), "12345678", "1234", "123", "123456");
    assertValues(scored, -1.3055824, 0.7833495, 0.7833495, -0.2611165);
  }

  @Test
  void shouldNormaliseByMinimumAndMaximum() throws Exception {
    assertValues(
        score(length("\"normalize\": \"minmax\", \"weight\": 10"), "1234567", "1234", "123456"),
        0,
        10,
        10.0 / 3);
  }

  @Test
  void shouldMakeEqualScoresZero() throws Exception {
    assertValues(score(length("\"normalize\": \"standardize\""), "1234", "123"), 0, 0);
    assertValues(score(length("\"normalize\": \"minmax\""), "1234", "123"), 0, 0);
    assertValues(score(length("\"normalize\": \"standardize\""), "1234"), 0);
  }

  @Test
  void shouldNormaliseGroupsByThemselves() throws Exception {
    String group = length("\"normalize\": \"minmax\"");
    String request = length("\"normalize\": \"minmax\", \"over\": \"request\"");
    List<RewardRequested.Item> items =
        List.of(
            item("a", "1234567", "g"),
            item("b", "123456", "g"),
            item("c", "123456", null),
            item("d", "1234", null));
    assertValues(scorer.score(request(group, "null", items)), 0, 1, 0, 1);
    assertValues(scorer.score(request(request, "null", items)), 0, 1.0 / 3, 1.0 / 3, 1);
  }

  @Test
  void shouldClipMembersAndSum() throws Exception {
    String member =
        length("\"normalize\": \"standardize\", \"clip\": {\"low\": -1}, \"weight\": 2");
    List<RewardRequested.Item> items =
        List.of(
            item("a", "12345678", null),
            item("b", "1234", null),
            item("c", "123", null),
            item("d", "123456", null));
    assertValues(scorer.score(request(member, "{\"high\": 1}", items)), -2, 1, 1, -0.522233);
  }

  @Test
  void shouldLeaveOutWhatOneCannotScoreUnlessItHasAFallback() throws Exception {
    String right = "{\"name\": \"right\", \"reward\": {\"type\": \"exact_match\"}%s}";
    List<RewardRequested.Item> items =
        Arrays.asList(item("a", "yes", null), new RewardRequested.Item("b", "p", "yes", null));
    RewardScored without = scorer.score(request(right.formatted(""), "null", items));
    assertThat(without.scores().get(1).value()).isNull();
    assertThat(without.scores().get(1).code()).isEqualTo("missing_reference");
    assertThat(without.scores().get(1).detail()).contains("right");
    assertThat(without.scores().get(0).value()).isEqualTo(1);
    RewardScored with =
        scorer.score(request(right.formatted(", \"fallback\": 0.25"), "null", items));
    assertThat(with.scores().get(1).value()).isEqualTo(0.25);
    assertThat(with.scores().get(1).code()).isNull();
    assertThat(with.scores().get(1).shares())
        .containsExactly(new RewardScored.Share("right", 0.25, 0.25, "missing_reference"));
  }

  @Test
  void shouldNameTheItemWhoseSumIsNoNumber() throws Exception {
    String huge = "{\"name\": \"%s\", \"reward\": {\"type\": \"exact_match\"}, \"weight\": 1e308}";
    RewardScored scored = score(huge.formatted("a") + "," + huge.formatted("b"), "yes", "no");
    assertThat(scored.scores().get(0).value()).isNull();
    assertThat(scored.scores().get(0).code()).isEqualTo("not_finite");
    assertThat(scored.scores().get(1).value()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "none | takes 1 to 16",
        "{\"reward\": {\"type\": \"ensemble\", \"rewards\": []}} | no ensembles in it",
        "{\"reward\": {\"type\": \"exact_match\"}, \"normalize\": \"zscore\"} | not 'zscore'",
        "{\"reward\": {\"type\": \"exact_match\"}, \"over\": \"batch\"} | not 'batch'",
        "{\"reward\": {\"type\": \"exact_match\"}, \"clip\": {\"low\": 1, \"high\": 0}} | low <= high",
        "{\"reward\": {\"type\": \"exact_match\"}, \"name\": \"a b\"} | names are",
        "{\"reward\": {\"type\": \"exact_match\"}}, {\"reward\": {\"type\": \"exact_match\"}} | two rewards are named exact_match",
        "{\"reward\": {\"type\": \"regex\", \"pattern\": \"(\"}} | RE2"
      })
  void shouldRefuse(String members, String why) throws Exception {
    RewardScored scored = score(members == null ? "" : members, "yes");
    assertThat(scored.scores()).isEmpty();
    assertThat(scored.error().message()).contains(why);
  }

  private static String length(String more) {
    return "{\"reward\": {\"type\": \"length\", \"minCharacters\": 0, \"maxCharacters\": 4}, %s}"
        .formatted(more);
  }

  private RewardScored score(String members, String... completions) throws JsonProcessingException {
    List<RewardRequested.Item> items =
        Arrays.stream(completions)
            .map(text -> item("i" + System.identityHashCode(text) + text, text, null))
            .toList();
    return scorer.score(request(members, "null", items));
  }

  private static RewardRequested request(
      String members, String clip, List<RewardRequested.Item> items)
      throws JsonProcessingException {
    RewardSpec spec =
        EventJson.mapper()
            .readValue(
                "{\"type\": \"ensemble\", \"rewards\": [%s], \"clip\": %s}"
                    .formatted(members, clip),
                RewardSpec.class);
    return new RewardRequested("r", spec, items, null);
  }

  private static RewardRequested.Item item(String id, String completion, String group) {
    return new RewardRequested.Item(id, "p", completion, "yes", null, group, null, null);
  }

  private static void assertValues(RewardScored scored, double... values) {
    assertThat(scored.error()).isNull();
    for (int i = 0; i < values.length; i++) {
      assertThat(scored.scores().get(i).value()).isCloseTo(values[i], within(1e-6));
    }
  }
}
