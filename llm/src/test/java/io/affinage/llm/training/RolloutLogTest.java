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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
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
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, seed);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder,
              adapter,
              PROMPTS,
              settings(iterations),
              rewards,
              log,
              trainables::digest);
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
        run.run(Recorder.toTheEnd(), Optional.of(folder.resolve("checkpoints")));
      }
      return TinyModel.values(trainables);
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

  @Test
  void shouldNotTakeWhatOtherWeightsSampled() {
    Files log = new Files();
    trained(log, SMALL_TOKENS, 1, 3, Optional.empty());
    log.told.clear();
    log.updates.clear();
    trained(log, SMALL_TOKENS, 1, 4, Optional.empty());
    assertThat(log.told).contains("sampled 0", "sampled 3");
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
