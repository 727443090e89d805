package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.objective.BradleyTerry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reward model: an adapter and a head of scores, trained together on pairs. */
class RewardTrainingTest {
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, false, List.of("all-linear"));

  @TempDir private Path folder;

  /** What a run ends in. */
  private record Result(List<float[]> trained, List<TrainingProgress> steps, Path checkpoint) {}

  @Test
  void shouldLearnWhichAnswersAreBetter() {
    Result result = run(Batching.of(8), Recorder.toTheEnd(), Optional.empty(), "a");

    TrainingProgress first = result.steps().get(0);
    TrainingProgress last = result.steps().get(result.steps().size() - 1);
    assertThat(last.loss()).isLessThan(0.3 * first.loss());
    assertThat(last.metrics().get("rewards/accuracies")).isEqualTo(1.0);
    assertThat(last.metrics().get("rewards/margins")).isGreaterThan(1.0);
  }

  @Test
  void shouldEndInTheSameBitsWhenStoppedAndResumed() {
    Result whole = run(Batching.of(8), Recorder.toTheEnd(), Optional.empty(), "a");
    Result part = run(Batching.of(8), Recorder.stoppingAfter(4), Optional.empty(), "b");

    Result resumed = run(Batching.of(8), Recorder.toTheEnd(), Optional.of(part.checkpoint()), "c");

    for (int i = 0; i < whole.trained().size(); i++) {
      assertThat(resumed.trained().get(i)).containsExactly(whole.trained().get(i));
    }
  }

  /** However a step is divided, it is the same step. */
  @Test
  void shouldNotDependOnMicroBatches() {
    Result whole = run(Batching.of(8), Recorder.toTheEnd(), Optional.empty(), "a");
    Result divided = run(new Batching(8, 4, 0, true), Recorder.toTheEnd(), Optional.empty(), "b");

    assertThat(divided.steps().get(0).loss()).isCloseTo(whole.steps().get(0).loss(), within(1e-5));
    assertThat(divided.steps().get(0).gradNorm())
        .isCloseTo(whole.steps().get(0).gradNorm(), within(1e-4));
  }

  @Test
  void shouldRefuseAnObjectiveWithoutItsHead() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 1);
        ScalarHead head = ScalarHead.initialise(model.decoder, OptionalInt.empty(), 2);
        Trainables tokens = Trainables.of(model.decoder, adapter);
        Trainables scores = Trainables.of(model.decoder, adapter, head)) {
      Aim aim = new Aim(new BradleyTerry(0), model.decoder.withoutAdapter());
      TrainingInputs pairs = TrainingInputs.of(pairs()).minimising(aim);
      assertThatThrownBy(
              () -> new TrainingRun(model.decoder, tokens, TrainingSettings.DEFAULT, pairs))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("objective_does_not_fit"));
      assertThatThrownBy(
              () ->
                  TrainingRun.overExamples(
                      model.decoder, scores, TrainingSettings.DEFAULT, TinyModel.examples(4, 1)))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("objective_does_not_fit"));
    }
  }

  private Result run(Batching batching, Recorder recorder, Optional<Path> resume, String name) {
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(30)
            .with(batching)
            .with(Optimization.DEFAULT.withLearningRate(2e-2))
            .withSeed(3);
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 1);
        ScalarHead head = ScalarHead.initialise(model.decoder, OptionalInt.empty(), 2);
        Trainables trainables = Trainables.of(model.decoder, adapter, head);
        TrainingRun run =
            new TrainingRun(
                model.decoder,
                trainables,
                settings,
                TrainingInputs.of(pairs())
                    .minimising(new Aim(new BradleyTerry(0.01), model.decoder.withoutAdapter())))) {
      resume.ifPresent(run::resume);
      run.run(recorder, Optional.of(folder.resolve(name)));
      return new Result(
          TinyModel.values(trainables),
          recorder.steps,
          recorder.checkpoints.isEmpty() ? null : recorder.checkpoints.get(0));
    }
  }

  /** After one prompt, an answer that ends in 5 or 6 is better than one that ends in 9. */
  private static List<Group> pairs() {
    Random random = new Random(8);
    List<Group> pairs = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int[] prompt = random.ints(6, 10, 37).toArray();
      pairs.add(
          Group.pair(answer(i, prompt, 5 + i % 2), answer(i, prompt, 9)).withMargin(0.1 * (i % 3)));
    }
    return pairs;
  }

  private static TokenizedExample answer(int pair, int[] prompt, int last) {
    int[] ids = new int[prompt.length + 2];
    System.arraycopy(prompt, 0, ids, 0, prompt.length);
    ids[prompt.length] = 10 + pair;
    ids[prompt.length + 1] = last;
    return TokenizedExample.targetsFrom("pair" + pair, ids, prompt.length);
  }
}
