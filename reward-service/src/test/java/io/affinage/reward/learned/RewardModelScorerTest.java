package io.affinage.reward.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.events.NormalRow;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.spec.Settings;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.reward.batch.LearnedScores.Text;
import io.affinage.reward.batch.RequestScorer;
import io.affinage.reward.batch.UnavailableException;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.Score;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real models, two layers deep. */
class RewardModelScorerTest {
  private static final ArtifactRef BASE = ref('b');
  private static final ArtifactRef OTHER_BASE = ref('c');
  private static final Map<ArtifactRef, Path> FILES = new HashMap<>();
  private static final Map<String, ModelRegistered> MODELS = new HashMap<>();

  private final RegisteredModels models = new RegisteredModels();
  private SimpleMeterRegistry meters;
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicReference<Error> fault = new AtomicReference<>();
  private RewardModelScorer rewards = rewards(limits(1 << 20, 300, 2));

  @BeforeAll
  static void write(@TempDir Path folder) throws IOException {
    FILES.put(BASE, TinyRewardModels.base(folder.resolve("base"), 3));
    FILES.put(
        OTHER_BASE,
        TinyRewardModels.base(
            folder.resolve("other"), 4, "who was in that house, and what did he say? "));
    model("a", BASE, '1', 0.3f, folder);
    model("b", BASE, '2', 0.3f, folder);
    model("zero", BASE, '3', 0f, folder);
    model("boundless", BASE, '4', 1e38f, folder);
    model("elsewhere", OTHER_BASE, '5', 0.3f, folder);
    model("texts", BASE, '6', 0.3f, folder);
    new Rendering(Rendering.Form.COMPLETION, OptionalInt.of(3)).write(FILES.get(ref('6')));
  }

  private static void model(String id, ArtifactRef base, char digit, float head, Path folder) {
    ArtifactRef ref = ref(digit);
    FILES.put(ref, TinyRewardModels.adapter(FILES.get(base), folder.resolve(id), digit, head));
    MODELS.put(id, TinyRewardModels.registered(id, base, ref));
  }

  private static ArtifactRef ref(char digit) {
    return new ArtifactRef(
        "sha256:" + String.valueOf(digit).repeat(64), ArtifactRef.Kind.FOLDER, 1);
  }

  private static RewardModelScorer.Limits limits(long characters, int tokens, int bases) {
    return limits(characters, tokens, bases, Duration.ofMinutes(1));
  }

  private static RewardModelScorer.Limits limits(
      long characters, int tokens, int bases, Duration patience) {
    return new RewardModelScorer.Limits(characters, tokens, patience, 1_000, bases, 2);
  }

  private RewardModelScorer rewards(RewardModelScorer.Limits limits) {
    meters = new SimpleMeterRegistry();
    return new RewardModelScorer(
        models,
        ref -> {
          Path path = FILES.get(ref);
          if (path == null) {
            throw new InvalidRewardException("model_not_found", "none", "reward.model");
          }
          Error now = fault.getAndSet(null);
          if (now != null) {
            throw now;
          }
          opened.incrementAndGet();
          return path;
        },
        () -> Compute.of("cpu", "float32"),
        limits,
        meters);
  }

  @AfterEach
  void close() {
    rewards.close();
  }

  private static List<Text> texts(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(
            i ->
                new Text(
                    "who sat on the mat " + i / 3 + "?", "the cat and the dog ".repeat(i % 7) + i))
        .toList();
  }

  private List<Double> scores(String model, List<Text> texts) throws Exception {
    return values(rewards.ask(model, texts));
  }

  private static List<Double> values(CompletableFuture<List<Score>> scores) throws Exception {
    return scores.get(60, TimeUnit.SECONDS).stream()
        .map(score -> ((Score.Value) score).value())
        .toList();
  }

  private double counted(String what, String model) {
    return meters.counter("affinage.reward.model." + what, "model", model).count();
  }

  /** To the bit, alone, among others in any order, and by other requests at the same time. */
  @Test
  void shouldGiveATextTheSameScoreWhateverItIsAskedWith() throws Exception {
    models.registered(MODELS.get("a"));
    models.registered(MODELS.get("b"));
    List<Text> texts = texts(0, 40);
    List<CompletableFuture<List<Score>>> asked = new ArrayList<>();
    for (int from = 0; from < 40; from += 8) {
      asked.add(rewards.ask("a", texts.subList(from, from + 8)));
      asked.add(rewards.ask("b", texts.subList(from, from + 8)));
    }
    List<Double> together = new ArrayList<>();
    for (int i = 0; i < asked.size(); i += 2) {
      together.addAll(values(asked.get(i)));
      assertThat(values(asked.get(i + 1))).isNotEqualTo(values(asked.get(i)));
    }
    assertThat(together).doesNotHaveDuplicates();
    assertThat(meters.timer("affinage.reward.model.compute", "model", "a").count())
        .isGreaterThan(1);
    try (RewardModelScorer fresh = rewards(limits(1 << 20, 1, 1))) {
      for (int i = 39; i >= 0; i -= 3) {
        assertThat(values(fresh.ask("a", List.of(texts.get(i))))).containsExactly(together.get(i));
      }
    }
    // Three folders: the base once, and two adapters on it; then one again of each.
    assertThat(opened.get()).isEqualTo(5);
  }

  @Test
  void shouldComputeATextOnceHoweverOftenItIsAskedFor() throws Exception {
    models.registered(MODELS.get("a"));
    List<Text> texts = texts(0, 6);
    CompletableFuture<List<Score>> first = rewards.ask("a", texts);
    CompletableFuture<List<Score>> meanwhile = rewards.ask("a", texts);
    List<Double> scores = values(first);
    assertThat(values(meanwhile)).isEqualTo(scores);
    assertThat(scores("a", texts)).isEqualTo(scores);
    assertThat(counted("scored", "a")).isEqualTo(6);
    assertThat(counted("cached", "a")).isGreaterThanOrEqualTo(6);
  }

  @Test
  void shouldKeepNoMoreModelsThanAllowed() throws Exception {
    rewards = rewards(limits(1 << 20, 300, 1));
    MODELS.values().forEach(models::registered);
    List<Double> before = scores("a", texts(0, 2));
    for (String model : List.of("b", "elsewhere", "zero", "a", "elsewhere")) {
      scores(model, texts(2, 4));
      assertThat(meters.get("affinage.reward.model.loaded").gauges())
          .anySatisfy(gauge -> assertThat(gauge.value()).isEqualTo(1));
    }
    try (RewardModelScorer fresh = rewards(limits(1 << 20, 300, 1))) {
      assertThat(values(fresh.ask("a", texts(0, 2)))).isEqualTo(before);
    }
  }

  @Test
  void shouldTakeZeroForAScoreAndRefuseWhatIsNone() throws Exception {
    MODELS.values().forEach(models::registered);
    assertThat(scores("zero", texts(0, 2))).containsExactly(0.0, 0.0);

    List<Score> boundless =
        rewards
            .ask(
                "boundless",
                List.of(new Text("who?", "the cat"), new Text("who?", null), new Text(null, "c")))
            .get(60, TimeUnit.SECONDS);
    assertThat(boundless)
        .extracting(score -> ((Score.Unscorable) score).code())
        .containsExactly("not_finite", "missing_completion", "missing_prompt");

    List<Score> mixed =
        rewards
            .ask("a", List.of(new Text("who?", "the cat ".repeat(300)), new Text("who?", "")))
            .get(60, TimeUnit.SECONDS);
    assertThat(((Score.Unscorable) mixed.get(0)).code()).isEqualTo("text_too_long");
    assertThat(mixed.get(1)).isInstanceOf(Score.Value.class);
  }

  /** Named in the answer by its item, and the others of the request have theirs. */
  @Test
  void shouldAddLearnedAndVerifiableRewards() throws Exception {
    MODELS.values().forEach(models::registered);
    RewardSpec.Ensemble both =
        new RewardSpec.Ensemble(
            List.of(
                new RewardSpec.Member(
                    "judge",
                    new RewardSpec.Model("a"),
                    2.0,
                    "standardize",
                    "request",
                    new RewardSpec.Clip(-1.0, 1.0),
                    null),
                new RewardSpec.Member(
                    null, new RewardSpec.ExactMatch(false, false), 1.0, null, null, null, null)),
            null);
    List<RewardRequested.Item> items = new ArrayList<>();
    for (String answer : List.of("the cat", "the dog", "no")) {
      items.add(new RewardRequested.Item("i-" + answer, "who sat?", answer, "the cat"));
    }
    RewardScored scored =
        new RequestScorer(10)
            .score(new RewardRequested("r", both, items, null), question -> null, rewards)
            .get(60, TimeUnit.SECONDS);
    List<Double> alone = scores("a", texts(items));
    assertThat(scored.error()).isNull();
    for (int i = 0; i < items.size(); i++) {
      RewardScored.Score score = scored.scores().get(i);
      assertThat(score.itemId()).isEqualTo(items.get(i).itemId());
      assertThat(score.shares())
          .extracting(RewardScored.Share::name)
          .containsExactly("judge", "exact_match");
      assertThat(score.shares().get(0).value()).isEqualTo(alone.get(i));
      assertThat(Math.abs(score.shares().get(0).share())).isBetween(0.0, 2.0);
      assertThat(score.value())
          .isEqualTo(score.shares().get(0).share() + score.shares().get(1).share());
    }
  }

  private static List<Text> texts(List<RewardRequested.Item> items) {
    return items.stream().map(item -> new Text(item.prompt(), item.completion())).toList();
  }

  /** All turns as the model learned them, and not the last alone. */
  @Test
  void shouldReadTheWholeConversation() throws Exception {
    MODELS.values().forEach(models::registered);
    List<NormalRow.ChatMessage> turns =
        List.of(
            new NormalRow.ChatMessage("system", "Be brief."),
            new NormalRow.ChatMessage("user", "the dog?"),
            new NormalRow.ChatMessage("assistant", "the log"),
            new NormalRow.ChatMessage("user", "the cat?"));
    Text whole = new Text("the cat?", "the mat", turns, null);
    List<Double> scores = scores("a", List.of(whole, new Text("the cat?", "the mat"), whole));

    List<ChatMessage> learned = new ArrayList<>();
    turns.forEach(turn -> learned.add(ChatMessage.of(turn.role(), turn.content())));
    learned.add(ChatMessage.of("assistant", "the mat"));
    Compute compute = Compute.of("cpu", "float32");
    try (LanguageModel base = LanguageModel.open(FILES.get(BASE), compute);
        RewardModel direct = RewardModel.open(base, FILES.get(ref('1')))) {
      double expected =
          direct.scores(List.of(direct.encode(new Example.Chat("whole", learned))))[0];
      assertThat(scores.get(0)).isEqualTo(expected);
    }
    assertThat(scores.get(1)).isNotEqualTo(scores.get(0));
    assertThat(scores.get(2)).isEqualTo(scores.get(0));
    assertThat(counted("scored", "a")).isEqualTo(2);

    // Nothing that it learned from had turns.
    assertThat(scores("texts", List.of(new Text("the cat?", "the mat")))).hasSize(1);
    CompletableFuture<List<Score>> refused = rewards.ask("texts", List.of(whole));
    assertThatThrownBy(() -> refused.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            InvalidRewardException.class,
            e -> assertThat(e.code()).isEqualTo("conversation_not_rendered"));
  }

  /** Texts are handed on as texts: whatever model wrote them, each is read by its own tokenizer. */
  @Test
  void shouldReadTextsWithEachModelsOwnTokenizer() throws Exception {
    MODELS.values().forEach(models::registered);
    Compute compute = Compute.of("cpu", "float32");
    List<int[]> read = new ArrayList<>();
    for (String id : List.of("a", "elsewhere")) {
      ModelRegistered model = MODELS.get(id);
      try (LanguageModel base = LanguageModel.open(FILES.get(model.base()), compute);
          RewardModel direct = RewardModel.open(base, FILES.get(model.model()))) {
        TokenizedExample encoded = direct.encode("text", "who sat?", "the cat and the dog");
        read.add(encoded.ids());
        assertThat(scores(id, List.of(new Text("who sat?", "the cat and the dog"))))
            .containsExactly((double) direct.scores(List.of(encoded))[0]);
      }
    }
    assertThat(read.get(0)).isNotEqualTo(read.get(1));
  }

  @Test
  void shouldTellApartWhatScoresFollowFrom() {
    ModelRegistered plain = MODELS.get("a");
    ModelRegistered packed =
        TinyRewardModels.registered(
            "a",
            BASE,
            plain.model(),
            Settings.build(TrainingSpec.class)
                .with("quantization", Settings.absent(Nf4Spec.class))
                .record());
    Text text = new Text("who?", "the cat");
    ScoreCache.Key key = ScoreCache.Key.of(ScoreOrigin.of(plain), text);
    assertThat(ScoreCache.Key.of(ScoreOrigin.of(packed), text)).isNotEqualTo(key);
    assertThat(ScoreCache.Key.of(ScoreOrigin.of(MODELS.get("b")), text)).isNotEqualTo(key);
    List<NormalRow.ChatMessage> turn = List.of(new NormalRow.ChatMessage("user", "who?"));
    assertThat(ScoreCache.Key.of(ScoreOrigin.of(plain), new Text("who?", "the cat", turn, null)))
        .isNotEqualTo(key);
    assertThat(ScoreCache.Key.of(ScoreOrigin.of(plain), text)).isEqualTo(key);
  }

  @Test
  void shouldWaitForAModelABoundedTime() throws Exception {
    CompletableFuture<List<Score>> early = rewards.ask("a", texts(0, 1));
    models.registered(MODELS.get("a"));
    assertThat(values(early)).hasSize(1);

    rewards.close();
    rewards = rewards(limits(1 << 20, 300, 2, Duration.ofMillis(20)));
    RewardScored unknown = scored("nobody");
    assertThat(unknown.error().code()).isEqualTo("unknown_model");
    assertThat(unknown.error().message()).contains("'nobody'");

    models.removed("a");
    assertThat(scored("a").error().code()).isEqualTo("unknown_model");

    models.registered(TinyRewardModels.registered("gone", BASE, ref('9')));
    assertThat(scored("gone").error().code()).isEqualTo("model_not_found");
    // A language model's folder in place of a reward model's.
    models.registered(TinyRewardModels.registered("writer", BASE, OTHER_BASE));
    assertThat(scored("writer").error().code()).isNotNull();
    assertThat(scored("stage:rm").error().code()).isEqualTo("unresolved_model");
    assertThat(scored(" ").error().code()).isEqualTo("missing_model");
  }

  private RewardScored scored(String model) throws Exception {
    return new RequestScorer(10)
        .score(
            new RewardRequested(
                "r",
                new RewardSpec.Model(model),
                List.of(new RewardRequested.Item("i", "p", "c", null)),
                null),
            question -> null,
            rewards)
        .get(60, TimeUnit.SECONDS);
  }

  @Test
  void shouldTakeNoMoreThanFits() throws Exception {
    rewards = rewards(limits(100, 300, 2));
    CompletableFuture<List<Score>> first =
        rewards.ask("a", List.of(new Text("who?", "the cat ".repeat(20))));
    assertThat(catchThrowable(() -> rewards.ask("a", texts(0, 1))))
        .isInstanceOfSatisfying(
            UnavailableException.class, e -> assertThat(e.code()).isEqualTo("busy"));
    models.registered(MODELS.get("a"));
    values(first);
    assertThat(scores("a", texts(0, 1))).hasSize(1);
  }

  /** Memory that ran out is told, and the same texts are scored when there is some again. */
  @Test
  void shouldLeaveNobodyWaitingWhenMemoryRunsOut() throws Exception {
    models.registered(MODELS.get("a"));
    fault.set(new OutOfMemoryError("Java heap space"));
    CompletableFuture<List<Score>> asked = rewards.ask("a", texts(0, 3));
    assertThatThrownBy(() -> asked.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            UnavailableException.class, e -> assertThat(e.code()).isEqualTo("out_of_memory"));
    assertThat(scores("a", texts(0, 3))).hasSize(3);
  }

  @Test
  void shouldLeaveNobodyWaitingAtTheEnd() {
    models.registered(MODELS.get("a"));
    CompletableFuture<List<Score>> asked = rewards.ask("a", texts(0, 200));
    rewards.close();
    assertThat(asked).isDone();
    assertThatThrownBy(() -> rewards.ask("a", texts(0, 1)))
        .isInstanceOf(UnavailableException.class);
  }
}
