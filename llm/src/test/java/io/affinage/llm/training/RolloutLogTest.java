package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.rollout.GroupComparison;
import io.affinage.llm.rollout.Iteration;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.Rollout;
import io.affinage.llm.rollout.RolloutFile;
import io.affinage.llm.rollout.RolloutLog;
import io.affinage.llm.rollout.RolloutPrompt;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rollouts, scores and updates on record, and runs that go on from there. */
class RolloutLogTest {
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, false, List.of("all-linear"));
  private static final List<RolloutPrompt> PROMPTS =
      IntStream.range(0, 5)
          .mapToObj(i -> new RolloutPrompt("p" + i, new int[] {1 + i, 2, 3 + i}))
          .toList();
  private static final RewardFunction SMALL_TOKENS =
      rollouts ->
          rollouts.stream()
              .map(r -> OptionalDouble.of(-IntStream.of(r.answer().ids()).average().orElse(0)))
              .toList();
  private static final RewardFunction NOBODY =
      rollouts -> {
        throw new AssertionError("scored again");
      };

  @TempDir private Path folder;

  /** Keeps everything in files, as a durable log would. */
  private final class Files implements RolloutLog {
    final List<String> told = new ArrayList<>();
    private final Map<Integer, Path> rollouts = new HashMap<>();
    private final Map<String, Path> batches = new HashMap<>();
    private final Map<Integer, Path> scores = new HashMap<>();
    final Map<Integer, String> updates = new HashMap<>();
    private int dieAfter = Integer.MAX_VALUE;

    private void tell(String what) {
      told.add(what);
      if (told.size() == dieAfter) {
        throw new IllegalStateException("killed after " + what);
      }
    }

    @Override
    public Optional<Iteration> sampled(int iteration, String policy) {
      return Optional.ofNullable(rollouts.get(iteration))
          .map(RolloutFile::read)
          .filter(each -> each.policy().equals(policy));
    }

    @Override
    public void recordSampled(Iteration sampled) {
      Path file = folder.resolve("rollouts-" + sampled.number() + ".safetensors");
      RolloutFile.write(sampled, file);
      rollouts.put(sampled.number(), file);
      tell("sampled " + sampled.number());
    }

    @Override
    public Optional<Iteration> batch(int iteration, String policy, int number) {
      return Optional.ofNullable(batches.get(iteration + "-" + number))
          .map(RolloutFile::read)
          .filter(each -> each.policy().equals(policy));
    }

    @Override
    public void recordBatch(Iteration sampled, int number) {
      String name = sampled.number() + "-" + number;
      Path file = folder.resolve("batch-" + name + ".safetensors");
      RolloutFile.write(sampled, file);
      batches.put(name, file);
      tell("batch " + name);
    }

    @Override
    public Optional<List<OptionalDouble>> scores(Iteration of) {
      return Optional.ofNullable(scores.get(of.number())).map(RolloutFile::readScores);
    }

    @Override
    public void recordScores(Iteration of, List<OptionalDouble> given) {
      Path file = folder.resolve("scores-" + of.number() + ".safetensors");
      RolloutFile.writeScores(given, file);
      scores.put(of.number(), file);
      tell("scored " + of.number());
    }

    @Override
    public void recordUpdate(int iteration, String before, String after) {
      String other = updates.putIfAbsent(iteration, after);
      assertThat(other).isIn(null, after);
      tell("updated " + iteration);
    }
  }

  private static RolloutSettings settings(int iterations) {
    return new RolloutSettings(2, 3, iterations, 8, Set.of(0), GroupComparison.Estimator.GROUP, 5);
  }

  private List<float[]> trained(
      RolloutLog log, RewardFunction rewards, int iterations, long seed, Optional<Path> from) {
    return trained(log, rewards, settings(iterations), seed, () -> false, from).orElseThrow();
  }

  /** What comes of a run; empty where it was stopped. */
  private Optional<List<float[]>> trained(
      RolloutLog log,
      RewardFunction rewards,
      RolloutSettings settings,
      long seed,
      BooleanSupplier stop,
      Optional<Path> from) {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, seed);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
                  model.decoder, adapter, PROMPTS, settings, rewards, log, trainables::digest)
              .stoppedBy(stop);
      try (TrainingRun run =
          new TrainingRun(
              model.decoder,
              trainables,
              TrainingSettings.DEFAULT
                  .withMaxSteps(4)
                  .with(new Batching(2, 2, 0, true))
                  .with(Optimization.DEFAULT.withLearningRate(2e-2))
                  .with(new Checkpointing(1, 0)),
              TrainingInputs.of(source.likeness())
                  .minimising(
                      new Aim(
                          new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, 0.1, true, 8),
                          model.decoder.withoutAdapter())),
              source)) {
        from.ifPresent(run::resume);
        return run.run(Recorder.toTheEnd(), Optional.of(folder.resolve("checkpoints"))).completed()
            ? Optional.of(TinyModel.values(trainables))
            : Optional.empty();
      }
    }
  }

  /** Killed after whatever was recorded last, then begun anew: nothing is done twice. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "1, 3", "2, 5"})
  void shouldTakeFromTheRecordWhateverIsOnIt(int iterations, int death) {
    List<float[]> whole = trained(RolloutLog.NONE, SMALL_TOKENS, iterations, 3, Optional.empty());
    Files log = new Files();
    log.dieAfter = death;
    assertThatThrownBy(() -> trained(log, SMALL_TOKENS, iterations, 3, Optional.empty()))
        .hasMessageContaining("killed after");
    List<String> before = List.copyOf(log.told);
    log.told.clear();
    log.dieAfter = Integer.MAX_VALUE;
    assertThat(trained(log, SMALL_TOKENS, iterations, 3, Optional.empty()))
        .usingRecursiveComparison()
        .isEqualTo(whole);
    assertThat(log.told.stream().filter(each -> !each.startsWith("updated")))
        .doesNotContainAnyElementsOf(before);
  }

  @Test
  void shouldNeitherSampleNorScoreWhatIsOnRecord() {
    Files log = new Files();
    List<float[]> whole = trained(log, SMALL_TOKENS, 2, 3, Optional.empty());
    log.told.clear();
    assertThat(trained(log, NOBODY, 2, 3, Optional.empty()))
        .usingRecursiveComparison()
        .isEqualTo(whole);
    assertThat(log.told).containsExactly("updated 0", "updated 1");
    log.told.clear();
    Path third = folder.resolve("checkpoints/checkpoint-3"); // in the middle of an iteration
    assertThat(trained(log, NOBODY, 2, 3, Optional.of(third)))
        .usingRecursiveComparison()
        .isEqualTo(whole);
    assertThat(log.told).containsExactly("updated 1");
  }

  /** Asked after every block of tokens: what is sampled to its end by then is not sampled again. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, ''",
    "3, 0, ''",
    "5, 0, batch 0-0",
    "8, 1, updated 0",
    "11, 1, batch 1-0",
  })
  void shouldStopWhileAnswersAreSampled(int ask, int steps, String kept) throws IOException {
    // Eighty answers, of which 64 are sampled at a time, in two blocks.
    RolloutSettings settings =
        new RolloutSettings(5, 16, 1, 8, Set.of(), GroupComparison.Estimator.GROUP, 5);
    Files undisturbed = new Files();
    List<float[]> whole =
        trained(undisturbed, SMALL_TOKENS, settings, 3, () -> false, Optional.empty())
            .orElseThrow();
    assertThat(undisturbed.told)
        .startsWith("batch 0-0", "batch 0-1", "sampled 0", "scored 0", "updated 0", "batch 1-0");

    // The run that is stopped has its own checkpoints alone to go on from.
    java.nio.file.Files.move(folder.resolve("checkpoints"), folder.resolve("undisturbed"));
    Files log = new Files();
    AtomicInteger asked = new AtomicInteger();
    assertThat(
            trained(
                log,
                SMALL_TOKENS,
                settings,
                3,
                () -> asked.incrementAndGet() == ask,
                Optional.empty()))
        .isEmpty();
    assertThat(asked).hasValue(ask);
    List<String> before = List.copyOf(log.told);
    assertThat(before.isEmpty() ? "" : before.get(before.size() - 1)).isEqualTo(kept);
    assertThat(before).filteredOn(each -> each.startsWith("updated")).hasSize(steps);

    log.told.clear();
    Optional<Path> from =
        Optional.of(folder.resolve("checkpoints/checkpoint-" + steps)).filter(each -> steps > 0);
    assertThat(trained(log, SMALL_TOKENS, settings, 3, () -> false, from))
        .usingRecursiveComparison()
        .isEqualTo(Optional.of(whole));
    assertThat(log.told).filteredOn(before::contains).isEmpty();
    assertThat(before.size() + log.told.size()).isEqualTo(undisturbed.told.size());
  }

  @Test
  void shouldNotTakeWhatOtherWeightsSampled() {
    Files log = new Files();
    trained(log, SMALL_TOKENS, 1, 3, Optional.empty());
    log.told.clear();
    log.updates.clear();
    trained(log, SMALL_TOKENS, 1, 4, Optional.empty());
    assertThat(log.told).contains("sampled 0", "sampled 3");
  }

  /** Numbers of answers, by TRL's names. */
  @Test
  void shouldTellOfAnIteration() {
    Map<String, Double> told =
        told(
            List.of(answer(1, true), answer(3, true), answer(8, false), answer(8, false)),
            List.of(
                OptionalDouble.of(0),
                OptionalDouble.of(1),
                OptionalDouble.empty(),
                OptionalDouble.of(0.5)));
    assertThat(told)
        .containsEntry("reward", 0.5)
        .containsEntry("reward_std", 0.5)
        .containsEntry("frac_reward_zero_std", 0.0)
        .containsEntry("unscored", 1.0)
        .containsEntry("completions/mean_length", 5.0)
        .containsEntry("completions/min_length", 1.0)
        .containsEntry("completions/max_length", 8.0)
        .containsEntry("completions/mean_terminated_length", 2.0)
        .containsEntry("completions/min_terminated_length", 1.0)
        .containsEntry("completions/max_terminated_length", 3.0)
        .containsEntry("completions/clipped_ratio", 0.5);
    assertThat(
            told(
                List.of(answer(2, false), answer(2, false)),
                List.of(OptionalDouble.of(1), OptionalDouble.of(1))))
        .containsEntry("reward_std", 0.0)
        .containsEntry("frac_reward_zero_std", 1.0)
        .containsEntry("completions/mean_terminated_length", 0.0)
        .containsEntry("completions/min_terminated_length", 0.0)
        .containsEntry("completions/max_terminated_length", 0.0)
        .containsEntry("completions/clipped_ratio", 1.0);
  }

  private static GeneratedTokens answer(int tokens, boolean ended) {
    return new GeneratedTokens(
        new int[tokens],
        new double[tokens],
        ended ? GeneratedTokens.Finish.STOP : GeneratedTokens.Finish.LENGTH);
  }

  private Map<String, Double> told(List<GeneratedTokens> answers, List<OptionalDouble> scores) {
    RolloutPrompt prompt = PROMPTS.get(0);
    RolloutSettings settings =
        new RolloutSettings(1, answers.size(), 1, 8, Set.of(), GroupComparison.Estimator.GROUP, 5);
    Files log = new Files();
    log.recordSampled(
        new Iteration(
            0,
            "",
            Sampling.whole(1, settings.seed() * 1_000_003L),
            8,
            IntStream.range(0, answers.size())
                .mapToObj(i -> new Rollout(prompt, i, answers.get(i)))
                .toList()));
    try (TinyModel model = new TinyModel()) {
      RolloutSource source =
          new RolloutSource(
              model.decoder,
              model.decoder.withoutAdapter(),
              List.of(prompt),
              settings,
              rollouts -> scores,
              log,
              () -> "");
      source.next(0);
      return source.metrics();
    }
  }

  @Test
  void shouldKeepEveryBit() {
    RolloutPrompt prompt = new RolloutPrompt("first", new int[] {5, 6});
    Rollout rollout =
        new Rollout(
                prompt,
                0,
                new GeneratedTokens(
                    new int[] {7, 0}, new double[] {-1e-300, -0.1}, GeneratedTokens.Finish.STOP))
            .with(Signal.REFERENCE_LOGP, new float[] {-0.25f, Float.MIN_VALUE});
    Rollout second =
        new Rollout(
                new RolloutPrompt("second", new int[] {9}),
                1,
                new GeneratedTokens(
                    new int[] {1}, new double[] {-2}, GeneratedTokens.Finish.LENGTH))
            .with(Signal.REFERENCE_LOGP, new float[] {-3});
    Iteration iteration =
        new Iteration(
            4, "sha256:ab", new Sampling(0.7, 3, 0.9, 1, 11), 2, List.of(rollout, second));
    Path file = folder.resolve("89b84"); // as a store names it
    RolloutFile.write(iteration, file);
    assertThat(RolloutFile.read(file)).usingRecursiveComparison().isEqualTo(iteration);

    List<OptionalDouble> scores =
        List.of(OptionalDouble.of(0), OptionalDouble.empty(), OptionalDouble.of(-1e-9));
    Path other = folder.resolve("scores.safetensors");
    RolloutFile.writeScores(scores, other);
    assertThat(RolloutFile.readScores(other)).isEqualTo(scores);
    assertThatThrownBy(() -> RolloutFile.read(other))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("holds no rollouts");
  }
}
