package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.KlControl;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Ppo;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.objective.TokenRewards;
import io.affinage.llm.rollout.AdvantageRule;
import io.affinage.llm.rollout.GroupComparison;
import io.affinage.llm.rollout.PolicySignals;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.RolloutLog;
import io.affinage.llm.rollout.RolloutPrompt;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.llm.rollout.TokenAdvantages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PPO on answers that are sampled as it goes: policy, reference and values on one base. */
class PpoTrainingTest {
  private static final int WANTED = 7;
  private static final double TEMPERATURE = 0.7;
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, false, List.of("all-linear"));
  private static final List<RolloutPrompt> PROMPTS =
      IntStream.range(0, 10)
          .mapToObj(i -> new RolloutPrompt("p" + i, new Random(i).ints(3 + i, 1, 37).toArray()))
          .toList();

  /** The share of an answer's tokens that are the wanted one. */
  private static final RewardFunction WANTED_SHARE =
      rollouts ->
          rollouts.stream()
              .map(
                  each ->
                      OptionalDouble.of(
                          IntStream.of(each.answer().ids()).filter(id -> id == WANTED).count()
                              / (double) each.answer().ids().length))
              .toList();

  @TempDir private Path folder;

  private static TokenAdvantages advantages(KlControl kl) {
    return new TokenAdvantages(new TokenRewards(KlEstimator.K1, 0), kl, 1, 0.95, false, true);
  }

  private static RolloutSettings rollouts(
      int prompts, RolloutSettings.Updates updates, AdvantageRule rule) {
    return new RolloutSettings(prompts, 1, updates, 8, Set.of(0), TEMPERATURE, false, rule, 5);
  }

  private static TrainingSettings settings(int steps, double rate) {
    return TrainingSettings.DEFAULT
        .withMaxSteps(steps)
        .with(new Batching(4, 2, 0, true))
        .with(Optimization.DEFAULT.withLearningRate(rate))
        .with(new Checkpointing(1, 0))
        .withSeed(9);
  }

  /** What is trained. */
  private enum Start {
    ALL_WEIGHTS,
    NEW_ADAPTER,
    /** An adapter that is far from the reference. */
    AWAY
  }

  /** A run with its parts; closed together. */
  private static final class Setup implements AutoCloseable {
    final TinyModel model = new TinyModel();
    final LoraAdapter adapter;
    final ScalarHead values = ScalarHead.zeros(model.decoder);
    final Trainables trainables;
    final RolloutSource source;
    final TrainingRun run;

    Setup(
        Start start,
        RolloutSettings rollouts,
        Objective objective,
        RewardFunction rewards,
        TrainingSettings settings) {
      boolean all = start == Start.ALL_WEIGHTS;
      if (start == Start.AWAY) { // where all tokens are as likely nothing can be far from anything
        float[] embedding = model.decoder.embedding().toFloatArray();
        for (int i = 0; i < embedding.length; i++) {
          embedding[i] *= 10;
        }
        model.decoder.assign(model.decoder.embedding(), embedding);
      }
      adapter =
          start == Start.AWAY
              ? TinyModel.randomAdapter(model.decoder, LORA, 0.6)
              : LoraAdapter.initialise(model.decoder, LORA, 3);
      boolean critic = objective instanceof Ppo;
      trainables =
          all
              ? critic
                  ? Trainables.withValues(model.decoder, WeightSelection.ALL, values)
                  : Trainables.of(model.decoder, WeightSelection.ALL)
              : critic
                  ? Trainables.withValues(model.decoder, adapter, values)
                  : Trainables.of(model.decoder, adapter);
      source =
          new RolloutSource(
              model.decoder,
              all ? model.decoder.withoutAdapter() : adapter,
              PROMPTS,
              rollouts,
              rewards,
              new PolicySignals(
                  model.decoder,
                  all ? model.decoder.withoutAdapter() : adapter,
                  rollouts.advantage().reads().contains(Signal.REFERENCE_LOGP)
                      ? Optional.of(model.decoder.withoutAdapter())
                      : Optional.empty(),
                  critic ? Optional.of(values) : Optional.empty(),
                  rollouts.temperature()),
              RolloutLog.NONE,
              () -> "");
      run =
          new TrainingRun(
              model.decoder,
              trainables,
              settings,
              TrainingInputs.of(source.likeness())
                  .minimising(new Aim(objective, model.decoder.withoutAdapter())),
              source);
    }

    List<Map<String, Double>> train(int stopAfter, Optional<Path> checkpoints) {
      Recorder recorder =
          stopAfter == Integer.MAX_VALUE ? Recorder.toTheEnd() : Recorder.stoppingAfter(stopAfter);
      run.run(recorder, checkpoints);
      return recorder.steps.stream().map(TrainingProgress::metrics).toList();
    }

    @Override
    public void close() {
      run.close();
      trainables.close();
      values.close();
      adapter.close();
      model.close();
    }
  }

  private static final Ppo PPO = new Ppo(0.2, 0.2, 0.5, 0, KlEstimator.K1);

  private static double mean(List<Map<String, Double>> steps, String name) {
    return steps.stream().mapToDouble(step -> step.get(name)).average().orElseThrow();
  }

  /** All weights are trained: an adapter cannot make the logits of so small a head large. */
  @Test
  void shouldLiftTheReward() {
    TokenAdvantages free =
        new TokenAdvantages(
            new TokenRewards(KlEstimator.K1, 0), new KlControl.Fixed(0), 1, 0.95, false, false);
    try (Setup setup =
        new Setup(
            Start.ALL_WEIGHTS,
            rollouts(10, new RolloutSettings.Updates(2, 2), free),
            PPO,
            WANTED_SHARE,
            settings(120, 1e-2))) {
      List<Map<String, Double>> told = setup.train(Integer.MAX_VALUE, Optional.empty());
      double before = mean(told.subList(0, 8), "objective/scores");
      double after = mean(told.subList(112, 120), "objective/scores");
      assertThat(before).isLessThan(0.2);
      assertThat(after).isGreaterThan(before + 0.3);
      assertThat(mean(told.subList(112, 120), "policy/entropy_avg"))
          .isLessThan(mean(told.subList(0, 8), "policy/entropy_avg"));
    }
  }

  /** What an answer earns hangs on its prompt alone: all that there is to learn is its value. */
  @Test
  void shouldLearnWhatAStateIsWorth() {
    RewardFunction byPrompt =
        rollouts ->
            rollouts.stream()
                .map(each -> OptionalDouble.of(each.prompt().ids().length % 2))
                .toList();
    TokenAdvantages rule =
        new TokenAdvantages(
            new TokenRewards(KlEstimator.K1, 0), new KlControl.Fixed(0), 1, 0.95, false, true);
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER,
            rollouts(10, new RolloutSettings.Updates(4, 1), rule),
            PPO,
            byPrompt,
            settings(80, 2e-2))) {
      List<Map<String, Double>> told = setup.train(Integer.MAX_VALUE, Optional.empty());
      assertThat(told.get(0).get("val/var_explained")).isCloseTo(0, within(1e-6));
      assertThat(told.get(79).get("val/var_explained")).isGreaterThan(0.5);
      assertThat(told.get(79).get("loss/value_avg")).isLessThan(told.get(3).get("loss/value_avg"));
    }
  }

  /** Of the first update all ratios are 1, at a temperature that is not: rlhf points 9 and 10. */
  @Test
  void shouldBeginEachIterationWithTheModelThatSampled() {
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER,
            rollouts(4, new RolloutSettings.Updates(2, 1), advantages(new KlControl.Fixed(0.1))),
            PPO,
            WANTED_SHARE,
            settings(6, 2e-2))) {
      List<Map<String, Double>> told = setup.train(Integer.MAX_VALUE, Optional.empty());
      for (int step = 0; step < 6; step++) {
        Map<String, Double> own = told.get(step);
        if (step % 2 == 0) {
          assertThat(own.get("val/ratio")).isCloseTo(1, within(1e-4));
          assertThat(own.get("policy/approxkl_avg")).isLessThan(1e-8);
        } else if (step > 1) { // the rate of the first step is next to nothing
          assertThat(own.get("policy/approxkl_avg")).isGreaterThan(1e-6);
        }
      }
      // The reference is the model of the start: nothing is left of it in the first iteration only.
      assertThat(told.get(0).get("objective/kl")).isCloseTo(0, within(1e-4));
      assertThat(Math.abs(told.get(4).get("objective/kl"))).isGreaterThan(1e-3);
    }
  }

  /**
   * A policy that begins far from its reference, and earns nothing but staying near it, comes
   * nearer where the divergence is a part of the reward: rlhf point 6. What counts there is the sum
   * over an answer, which the policy also lessens by ending sooner.
   */
  @Test
  void shouldComeNearerToTheReferenceByItsReward() {
    // Beside a divergence in the reward the one in the loss is only told: k3 varies less.
    try (Setup setup = away(1, 1e-9, 1)) {
      List<Map<String, Double>> told = setup.train(Integer.MAX_VALUE, Optional.empty());
      assertThat(mean(told.subList(50, 60), "loss/kl_avg"))
          .isLessThan(0.8 * mean(told.subList(0, 4), "loss/kl_avg"));
    }
  }

  /** The same where the divergence is a part of the loss, which is taken token by token. */
  @Test
  void shouldComeNearerToTheReferenceByItsLoss() {
    try (Setup setup = away(0, 10, 4)) {
      double before = divergence(setup);
      setup.train(Integer.MAX_VALUE, Optional.empty());
      assertThat(divergence(setup)).isLessThan(0.85 * before);
    }
  }

  /** A policy far from its reference, whose answers are worth nothing. */
  private static Setup away(double inReward, double inLoss, int answers) {
    TokenAdvantages rule =
        new TokenAdvantages(
            new TokenRewards(KlEstimator.K1, 0),
            new KlControl.Fixed(inReward),
            1,
            0.95,
            false,
            true);
    return new Setup(
        Start.AWAY,
        new RolloutSettings(
            10,
            answers,
            new RolloutSettings.Updates(2, 1),
            8,
            Set.of(0),
            TEMPERATURE,
            false,
            rule,
            5),
        new Ppo(0.2, 0.2, 0.5, inLoss, KlEstimator.K3),
        rollouts -> rollouts.stream().map(each -> OptionalDouble.of(0)).toList(),
        settings(60, 2e-2));
  }

  /**
   * Of the policy from its reference, nats, at the first token of the answers: over the whole
   * vocabulary, so that no drawing blurs it.
   */
  private static double divergence(Setup setup) {
    Decoder decoder = setup.model.decoder;
    try (Generator policy = new Generator(decoder, setup.adapter);
        Generator reference = new Generator(decoder, decoder.withoutAdapter())) {
      return PROMPTS.stream()
          .mapToDouble(
              prompt ->
                  divergence(policy.nextLogits(prompt.ids()), reference.nextLogits(prompt.ids())))
          .average()
          .orElseThrow();
    }
  }

  private static double divergence(float[] policy, float[] reference) {
    double ofPolicy = logSumExp(policy);
    double ofReference = logSumExp(reference);
    double sum = 0;
    for (int i = 0; i < policy.length; i++) {
      double logp = policy[i] - ofPolicy;
      sum += Math.exp(logp) * (logp - (reference[i] - ofReference));
    }
    return sum;
  }

  private static double logSumExp(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }

  /** Stopped in an iteration and between two, values and the adapted coefficient included. */
  @ParameterizedTest
  @ValueSource(ints = {4, 6})
  void shouldResumeWithTheSameBits(int stop) {
    Trained whole = trained(folder.resolve("whole"), Integer.MAX_VALUE, Optional.empty());
    Path cut = folder.resolve("cut");
    trained(cut, stop, Optional.empty());
    Trained resumed =
        trained(cut, Integer.MAX_VALUE, Optional.of(cut.resolve("checkpoint-" + stop)));
    assertThat(resumed.values).usingRecursiveComparison().isEqualTo(whole.values);
    assertThat(resumed.told).isEqualTo(whole.told.subList(stop, whole.told.size()));
    assertThat(whole.told.get(0).get("objective/kl_coef"))
        .isNotEqualTo(whole.told.get(8).get("objective/kl_coef"));
  }

  /**
   * Told to stop while the scores of the second and later iterations are waited for, a run ends at
   * the step before, and one that goes on from there asks for them again.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void shouldStopWhileScoresAreWaitedFor(int iterations) {
    Trained whole = trained(folder.resolve("whole"), Integer.MAX_VALUE, Optional.empty());
    Path cut = folder.resolve("cut");
    int[] asked = {0};
    RewardFunction silent =
        rollouts -> {
          if (asked[0]++ == iterations) {
            throw new StopRequestedException();
          }
          return WANTED_SHARE.score(rollouts);
        };
    int steps = iterations * 4;
    assertThat(trained(silent, cut, Integer.MAX_VALUE, Optional.empty()).told)
        .isEqualTo(whole.told.subList(0, steps));
    Trained resumed =
        trained(cut, Integer.MAX_VALUE, Optional.of(cut.resolve("checkpoint-" + steps)));
    assertThat(resumed.values).usingRecursiveComparison().isEqualTo(whole.values);
    assertThat(resumed.told).isEqualTo(whole.told.subList(steps, whole.told.size()));
  }

  /** Told to stop in the last pass over its answers, a run asks nobody to score them. */
  @Test
  void shouldStopBetweenThePassesOverAnswers() {
    RewardFunction nobody =
        rollouts -> {
          throw new AssertionError("scores are asked for");
        };
    AtomicInteger asks = new AtomicInteger();
    stopAt(Integer.MAX_VALUE, asks, WANTED_SHARE);
    int all = asks.getAndSet(0);
    // Two blocks of tokens, and a pass each for the reference and the values.
    assertThat(all).isEqualTo(4);
    assertThatThrownBy(() -> stopAt(all, asks, nobody)).isInstanceOf(StopRequestedException.class);
  }

  private static void stopAt(int ask, AtomicInteger asks, RewardFunction rewards) {
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER,
            rollouts(4, new RolloutSettings.Updates(1, 1), advantages(new KlControl.Fixed(0.1))),
            PPO,
            rewards,
            settings(1, 1e-3))) {
      setup.source.stoppedBy(() -> asks.incrementAndGet() == ask).next(0);
    }
  }

  private record Trained(List<float[]> values, List<Map<String, Double>> told) {}

  private static Trained trained(Path checkpoints, int stopAfter, Optional<Path> from) {
    return trained(WANTED_SHARE, checkpoints, stopAfter, from);
  }

  private static Trained trained(
      RewardFunction rewards, Path checkpoints, int stopAfter, Optional<Path> from) {
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER,
            rollouts(
                4,
                new RolloutSettings.Updates(2, 2),
                advantages(new KlControl.Adaptive(0.1, 1e-3, 8))),
            PPO,
            rewards,
            settings(10, 2e-2))) {
      from.ifPresent(setup.run::resume);
      List<Map<String, Double>> told = setup.train(stopAfter, Optional.of(checkpoints));
      return new Trained(TinyModel.values(setup.trainables), told);
    }
  }

  /** Every answer is learned once an epoch, of the last, partial batch too: rlhf point 14. */
  @Test
  void shouldLearnFromEveryAnswerOnceAnEpoch() {
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER,
            rollouts(4, new RolloutSettings.Updates(3, 2), advantages(new KlControl.Fixed(0.1))),
            PPO,
            WANTED_SHARE,
            settings(0, 2e-2))) {
      // 10 prompts by 4 are 3 iterations of 3 x 2 updates.
      assertThat(setup.run.totalSteps()).isEqualTo(18);
      Set<String> all = new HashSet<>();
      List<List<String>> orders = new ArrayList<>();
      for (int iteration = 0; iteration < 3; iteration++) {
        for (int epoch = 0; epoch < 3; epoch++) {
          List<String> seen = new ArrayList<>();
          for (int part = 0; part < 2; part++) {
            List<Group> groups = setup.source.next(iteration * 6 + epoch * 2 + part);
            groups.forEach(group -> seen.add(group.id()));
            for (Group group : groups) {
              assertThat(setup.source.known(group, 0).get(Signal.ADVANTAGE))
                  .hasSize(group.targets());
            }
          }
          assertThat(seen).doesNotHaveDuplicates().hasSize(iteration < 2 ? 4 : 2);
          all.addAll(seen);
          orders.add(seen);
        }
      }
      assertThat(all).hasSize(10);
      assertThat(new HashSet<>(orders.subList(0, 3))).hasSizeGreaterThan(1);
    }
  }

  /**
   * Where one token ends texts and pads them, what is learned follows from lengths, not from ids:
   * of each finished answer its end, once; and the ends within a prompt are read: rlhf point 1.
   */
  @Test
  void shouldLearnTheEndOfAnswersAndReadThoseOfPrompts() {
    Set<Integer> stops = Set.of(0, 1, 2, 3, 4, 5);
    List<RolloutPrompt> prompts =
        List.of(
            new RolloutPrompt("long", new int[] {9, 0, 11, 0, 12, 0}),
            new RolloutPrompt("short", new int[] {8, 0}));
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder,
              adapter,
              prompts,
              new RolloutSettings(2, 12, 1, 8, stops, GroupComparison.Estimator.GROUP, 5),
              WANTED_SHARE);
      List<TokenizedExample> answers =
          source.next(0).stream().flatMap(group -> group.members().stream()).toList();
      int finished = 0;
      for (TokenizedExample answer : answers) {
        int[] prompt = prompts.get(answer.id().startsWith("long") ? 0 : 1).ids();
        assertThat(answer.targetSpans()).containsExactly(prompt.length, answer.length());
        int[] own = Arrays.copyOfRange(answer.ids(), prompt.length, answer.length());
        long ends = IntStream.of(own).filter(stops::contains).count();
        boolean ended = stops.contains(own[own.length - 1]);
        assertThat(ends).isEqualTo(ended ? 1 : 0);
        finished += ended ? 1 : 0;

        int[] other = answer.ids().clone();
        other[1] = 20;
        TokenizedExample changed = new TokenizedExample("other", other, answer.targetSpans());
        assertThat(model.loss(adapter, List.of(changed)))
            .isNotEqualTo(model.loss(adapter, List.of(answer)));
      }
      assertThat(finished).isBetween(1, answers.size() - 1);
      // Of unequal lengths together each is what it is alone.
      double alone =
          answers.stream()
              .mapToDouble(each -> model.loss(adapter, List.of(each)) * each.targetCount())
              .sum();
      int targets = answers.stream().mapToInt(TokenizedExample::targetCount).sum();
      assertThat(model.loss(adapter, answers)).isCloseTo(alone / targets, within(1e-5));
    }
  }

  /** Answers that are cut leave the sums and what divides them: rlhf point 3. */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "bnpo", "dapo", "dr_grpo"})
  void shouldLearnAsIfTruncatedAnswersWereNotThere(String lossType) {
    Objective objective =
        new Grpo(
            Grpo.LossType.valueOf(lossType.toUpperCase(Locale.ROOT)),
            Grpo.Level.TOKEN,
            0.2,
            0.2,
            0,
            true,
            8);
    Set<Integer> stops = Set.of(0, 1, 2, 3, 4, 5);
    try (Setup masking =
            new Setup(
                Start.NEW_ADAPTER, grpo(true, stops), objective, WANTED_SHARE, settings(1, 1e-3));
        Setup all =
            new Setup(
                Start.NEW_ADAPTER,
                grpo(false, stops),
                objective,
                WANTED_SHARE,
                settings(1, 1e-3))) {
      List<Group> learned = masking.source.next(0);
      double cut = masking.source.metrics().get("completions/clipped_ratio");
      assertThat(cut).isBetween(0.05, 0.95);
      assertThat(members(learned)).hasSize((int) Math.round((1 - cut) * 24));
      Map<Group, List<Map<Signal, float[]>>> known = new IdentityHashMap<>();
      List<Group> expected = ended(all.source, stops, known);
      assertThat(members(expected)).isEqualTo(members(learned));

      StepLoss.Result one = loss(masking, objective, masking.source).accumulate(learned, 0);
      StepLoss.Result other =
          loss(
                  all,
                  objective,
                  new BatchSource() {
                    @Override
                    public List<Group> next(int step) {
                      return expected;
                    }

                    @Override
                    public Map<Signal, float[]> known(Group group, int member) {
                      return known.get(group).get(member);
                    }
                  })
              .accumulate(expected, 0);

      assertThat(one).isEqualTo(other);
      assertThat(masking.trainables.gradientNorm()).isPositive();
      assertThat(TinyModel.gradients(masking.trainables))
          .usingRecursiveComparison()
          .isEqualTo(TinyModel.gradients(all.trainables));
    }
  }

  private static List<String> members(List<Group> groups) {
    return groups.stream()
        .flatMap(group -> group.members().stream())
        .map(TokenizedExample::id)
        .toList();
  }

  /** The answers of a source that end with a stop token. */
  private static List<Group> ended(
      RolloutSource source, Set<Integer> stops, Map<Group, List<Map<Signal, float[]>>> known) {
    List<Group> found = new ArrayList<>();
    for (Group group : source.next(0)) {
      List<TokenizedExample> members = new ArrayList<>();
      List<Map<Signal, float[]>> signals = new ArrayList<>();
      for (int m = 0; m < group.members().size(); m++) {
        TokenizedExample member = group.members().get(m);
        if (stops.contains(member.ids()[member.ids().length - 1])) {
          members.add(member);
          signals.add(source.known(group, m));
        }
      }
      if (!members.isEmpty()) {
        found.add(new Group(members));
        known.put(found.get(found.size() - 1), signals);
      }
    }
    return found;
  }

  private static ObjectiveLoss loss(Setup setup, Objective objective, BatchSource source) {
    return new ObjectiveLoss(
        objective,
        new Backpropagation(
            setup.model.decoder,
            setup.trainables,
            settings(1, 1e-3),
            Optional.empty(),
            new Reading(TEMPERATURE, true)),
        Optional.empty(),
        source,
        Batching.of(24));
  }

  private static RolloutSettings grpo(boolean masks, Set<Integer> stops) {
    return new RolloutSettings(
        4,
        6,
        new RolloutSettings.Updates(1, 1),
        8,
        stops,
        TEMPERATURE,
        masks,
        GroupComparison.of(GroupComparison.Estimator.GROUP),
        5);
  }

  /** All cut: nothing moves, and the step is counted: rlhf point 3. */
  @Test
  void shouldSkipAStepOfTruncatedAnswersAlone() {
    Objective objective = new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, 0, true, 8);
    try (Setup setup =
        new Setup(
            Start.NEW_ADAPTER, grpo(true, Set.of()), objective, WANTED_SHARE, settings(6, 1e-2))) {
      List<float[]> before = TinyModel.values(setup.trainables);
      Recorder recorder = Recorder.toTheEnd();
      TrainingOutcome outcome = setup.run.run(recorder, Optional.empty());
      assertThat(outcome.skippedSteps()).isEqualTo(6);
      assertThat(outcome.completed()).isTrue();
      assertThat(recorder.steps.get(5).metrics()).containsEntry("completions/clipped_ratio", 1.0);
      assertThat(TinyModel.values(setup.trainables)).usingRecursiveComparison().isEqualTo(before);
    }
  }

  /** GRPO tells the entropy of its distributions, which falls as it learns. */
  @Test
  void shouldTellTheEntropyOfGrpo() {
    Objective objective = new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, 0, true, 8);
    try (Setup setup =
        new Setup(
            Start.ALL_WEIGHTS,
            grpo(false, Set.of(0)),
            objective,
            WANTED_SHARE,
            settings(30, 2e-2))) {
      List<Map<String, Double>> told = setup.train(Integer.MAX_VALUE, Optional.empty());
      assertThat(told.get(0).get("entropy")).isBetween(3.0, Math.log(37));
      assertThat(told.get(29).get("entropy")).isLessThan(told.get(0).get("entropy") - 0.3);
      assertThat(told.get(29).get("reward")).isGreaterThan(told.get(0).get("reward") + 0.2);
    }
  }

  /** A score of 0 is one; groups of equal rewards move nothing and are counted: 12 and 13. */
  @Test
  void shouldCountGroupsOfEqualRewards() {
    Objective objective = new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, 0, true, 8);
    RewardFunction zero = rollouts -> rollouts.stream().map(r -> OptionalDouble.of(0.0)).toList();
    try (Setup setup =
        new Setup(Start.NEW_ADAPTER, grpo(false, Set.of(0)), objective, zero, settings(1, 1e-2))) {
      Map<String, Double> told = setup.train(Integer.MAX_VALUE, Optional.empty()).get(0);
      assertThat(told)
          .containsEntry("frac_reward_zero_std", 1.0)
          .containsEntry("unscored", 0.0)
          .containsEntry("reward", 0.0);
    }
  }
}
