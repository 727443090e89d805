package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EventJson;
import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.PpoSpec;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every stage of a run, before any of them is done. */
class RehearsalTest {
  private static final ArtifactRef ROWS =
      new ArtifactRef("sha256:" + "1a".repeat(32), ArtifactRef.Kind.FOLDER, 1);
  private static final DatasetReady ANSWERS = ready("answers", DatasetLayout.MESSAGES);
  private static final DatasetReady PAIRS = ready("pairs", DatasetLayout.PREFERENCE);
  private static final Stage.Train SFT =
      train(
          "hub:owner/name",
          Settings.build(TrainingSpec.class)
              .with("method", "sft")
              .with("adapter", Settings.build(LoraSpec.class).with("rank", 4).record())
              .record(),
          "sft");
  private static final Stage.Train REWARD_MODEL = train("stage:sft", spec("reward_model"), "rm");
  private static final Stage.Train PPO =
      train(
          Stage.PREVIOUS,
          Settings.build(TrainingSpec.class)
              .with(
                  "objective",
                  Settings.build(PpoSpec.class)
                      .with("reward", new RewardSpec.Model("stage:rm"))
                      .record())
              .record(),
          null);
  private static final Stage.Evaluate EVALUATE =
      new Stage.Evaluate(
          new EvaluationSpec(null, null, 7, null, null, null, null, null, null),
          null,
          null,
          null,
          null);

  private final List<Stage.Train> asked = new ArrayList<>();

  private static DatasetReady ready(String name, DatasetLayout layout) {
    return new DatasetReady(
        "run-" + name,
        name,
        ROWS,
        layout,
        new DatasetCounts(110, 110, 0, 0),
        Map.of("train", 100L, "test", 10L),
        null);
  }

  private static TrainingSpec spec(String method) {
    return Settings.build(TrainingSpec.class).with("method", method).record();
  }

  private static Stage.Train train(String base, TrainingSpec spec, String name) {
    return new Stage.Train(base, spec, null, null, name, null, null);
  }

  private Rehearsal rehearsed(List<Stage> stages, List<DatasetReady> datasets) throws Exception {
    return Rehearsal.of(
        new StagePlan("desk", stages),
        datasets,
        (training, submission) -> {
          asked.add(training);
          return answered(training, submission);
        });
  }

  /** As a trainer answers, which has the model that is named and knows of no other stage. */
  private static DryRunReport answered(Stage.Train training, String submission) throws IOException {
    ObjectMapper json = EventJson.mapper();
    TrainingSpec sent = json.treeToValue(json.valueToTree(training.spec()), TrainingSpec.class);
    try {
      return new DryRunReport(
          json.createObjectNode()
              .put("training_file", submission)
              .set(
                  "spec",
                  json.valueToTree(
                      SpecResolver.resolve(sent, training.baseModel().equals("scratch")))));
    } catch (InvalidSpecException e) {
      throw new CliException(ExitCode.FAILED, e.detail().code(), e.getMessage());
    }
  }

  @Test
  void shouldAskForEveryTrainingByTheModelThatItsChainBeginsWith() throws Exception {
    Rehearsal found =
        rehearsed(
            List.of(SFT, REWARD_MODEL, PPO, EVALUATE), List.of(ANSWERS, PAIRS, ANSWERS, ANSWERS));

    assertThat(found.possible()).isTrue();
    assertThat(asked).extracting(Stage.Train::baseModel).containsOnly("hub:owner/name").hasSize(3);
    JsonNode json = found.json();
    for (int stage = 0; stage < 3; stage++) {
      // The trainer, which does not know the stages before, comes to the same settings.
      JsonNode own = json.path("stages").get(stage);
      assertThat(own.path("dry_run").path("spec")).isEqualTo(own.path("settings"));
      assertThat(own.path("settings").path("batchSize").isInt()).isTrue();
    }
    // Whose adapter goes on has its shape.
    assertThat(json.path("stages").get(2).path("settings").path("adapter").path("rank").asInt())
        .isEqualTo(4);
    assertThat(json.path("stages").get(0).path("dry_run").path("training_file").asText())
        .isEqualTo("run-answers");
    assertThat(json.path("training_file").asText()).isEqualTo("run-answers");
    assertThat(json.path("stages")).hasSize(4);
    assertThat(json.path("stages").get(1).path("dry_run").path("training_file").asText())
        .isEqualTo("run-pairs");
    assertThat(json.path("stages").get(2).path("notes").get(0).asText()).contains("stage sft");
    assertThat(json.path("stages").get(2).path("reward").asText()).isEqualTo("model stage rm");
    assertThat(json.path("stages").get(3).path("rows").asInt()).isEqualTo(7);
    assertThat(json.path("stages").get(3).path("settings").path("split").asText())
        .isEqualTo("test");
    assertThat(found.lines())
        .anyMatch(line -> line.startsWith("stage 3   ppo from previous"))
        .anyMatch(line -> line.contains("few_shot") && line.endsWith(" 4"));
  }

  @Test
  void shouldTellWhatIsWrongWithAllStagesAtOnce() throws Exception {
    Stage.Evaluate none =
        new Stage.Evaluate(
            new EvaluationSpec(null, "validation", null, null, null, null, null, null, null));
    TrainingSpec contradiction =
        Settings.build(TrainingSpec.class).with("method", "sft").with("batchSize", 0).record();
    Rehearsal found =
        rehearsed(
            List.of(SFT, REWARD_MODEL, train(Stage.PREVIOUS, contradiction, null), none),
            List.of(ANSWERS, ANSWERS, ANSWERS, ANSWERS));

    assertThat(found.possible()).isFalse();
    assertThat(asked).hasSize(1);
    assertThat(found.lines().stream().filter(line -> line.startsWith("problem")))
        .hasSize(3)
        .anyMatch(line -> line.contains("stage 2") && line.endsWith("[no_preference_pairs]"))
        .anyMatch(line -> line.contains("stage 3") && line.contains("batchSize"))
        .anyMatch(line -> line.contains("stage 4") && line.endsWith("[empty_split]"));
  }

  @Test
  void shouldGoOnAfterARefusalAndEndWhereNobodyAnswers() throws Exception {
    List<String> refused = new ArrayList<>();
    Rehearsal found =
        Rehearsal.of(
            new StagePlan("desk", List.of(SFT, REWARD_MODEL)),
            List.of(ANSWERS, PAIRS),
            (training, submission) -> {
              refused.add(submission);
              throw new CliException(ExitCode.FAILED, "bad", "no " + submission);
            });
    assertThat(refused).containsExactly("run-answers", "run-pairs");
    assertThat(found.lines())
        .contains(
            "problem   stage 1: no run-answers [bad]", "problem   stage 2: no run-pairs [bad]");
    assertThatThrownBy(
            () ->
                Rehearsal.of(
                    new StagePlan("desk", List.of(SFT)),
                    List.of(ANSWERS),
                    (training, submission) -> {
                      throw new CliException(ExitCode.UNREACHABLE, "gone", "nobody");
                    }))
        .isInstanceOf(CliException.class);
  }

  /** Before anything is trained nothing can be loaded; the settings are told. */
  @Test
  void shouldTellTheSettingsOfWhatGoesOnFromScratch() throws Exception {
    TrainingSpec pretrain =
        Settings.build(TrainingSpec.class)
            .with("method", "pretrain")
            .with("architecture", Settings.absent(TrainingSpec.Architecture.class))
            .record();
    Rehearsal found =
        rehearsed(
            List.of(train("scratch", pretrain, "base"), train("stage:base", spec("sft"), null)),
            List.of(ready("text", DatasetLayout.TEXT), ANSWERS));
    assertThat(found.possible()).isTrue();
    assertThat(asked).hasSize(1);
    JsonNode second = found.json().path("stages").get(1);
    assertThat(second.path("dry_run").isNull()).isTrue();
    assertThat(second.path("settings").path("batchSize").isInt()).isTrue();
    assertThat(second.path("notes").get(0).asText()).contains("from scratch");
  }
}
