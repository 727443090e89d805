package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.spec.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageNeedsTest {
  private static final Stage TRAIN = new Stage.Train("scratch", ExampleEvents.SPARSE_SPEC, null);
  private static final Stage PREFER =
      new Stage.Train("scratch", ExampleEvents.PREFERENCE_SPEC, null);
  private static final Map<String, Long> SPLITS = Map.of("train", 5L, "validation", 0L, "test", 1L);

  @Test
  void shouldLetARunBeginThatHasWhatItNeeds() {
    for (DatasetLayout layout : List.of(DatasetLayout.MESSAGES, DatasetLayout.TEXT)) {
      assertThat(unmet(layout, null, SPLITS, TRAIN, evaluate(null), evaluate("train"))).isEmpty();
    }
    assertThat(unmet(DatasetLayout.PREFERENCE, null, SPLITS)).isEmpty();
    assertThat(unmet(DatasetLayout.PREFERENCE, KeptAnswers.CHOSEN, SPLITS, TRAIN)).isEmpty();
    assertThat(StageNeeds.unmet(ready(DatasetLayout.TEXT, null, Map.of(), null))).isEmpty();
  }

  @Test
  void shouldGivePromptsAloneToWhatSamplesAnswers() {
    Stage sampled =
        new Stage.Train(
            "scratch",
            Settings.build(TrainingSpec.class)
                .with("objective", Settings.absent(GrpoSpec.class))
                .record(),
            null);
    assertThat(unmet(DatasetLayout.PROMPT_ONLY, null, SPLITS, sampled)).isEmpty();
    assertThat(unmet(DatasetLayout.TEXT, null, SPLITS, sampled))
        .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo("no_prompts"));
    Stage rewards =
        new Stage.Evaluate(
            new EvaluationSpec(List.of("reward"), null, null, null, null, null, null, null, null));
    assertThat(unmet(DatasetLayout.PROMPT_ONLY, null, SPLITS, sampled, rewards)).isEmpty();
    for (Stage stage : List.of(TRAIN, PREFER, evaluate(null))) {
      assertThat(unmet(DatasetLayout.PROMPT_ONLY, null, SPLITS, stage))
          .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo("no_answers"));
    }
  }

  @Test
  void shouldNameTheWaysOnWithPreferenceData() {
    assertThat(unmet(DatasetLayout.PREFERENCE, null, SPLITS, TRAIN))
        .hasValueSatisfying(
            error -> {
              assertThat(error.code()).isEqualTo("preference_data");
              assertThat(error.message()).contains("keep: CHOSEN", "dpo");
              assertThat(error.param()).isEqualTo("slip.stages[0]");
            });
    assertThat(unmet(DatasetLayout.PREFERENCE, null, SPLITS, PREFER)).isEmpty();
    for (DatasetLayout layout : List.of(DatasetLayout.ALPACA, DatasetLayout.UNPAIRED_PREFERENCE)) {
      assertThat(unmet(layout, null, SPLITS, PREFER))
          .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo("no_preference_pairs"));
    }
    assertThat(unmet(DatasetLayout.PREFERENCE, KeptAnswers.CHOSEN, SPLITS, PREFER)).isPresent();
    assertThat(unmet(DatasetLayout.UNPAIRED_PREFERENCE, null, SPLITS, TRAIN))
        .hasValueSatisfying(
            error -> assertThat(error.message()).contains("keep: DESIRABLE", "KTO", "label"));
  }

  @Test
  void shouldNameTheStageWhoseSplitIsEmpty() {
    assertThat(unmet(DatasetLayout.TEXT, null, SPLITS, TRAIN, TRAIN, evaluate("validation")))
        .hasValueSatisfying(
            error -> {
              assertThat(error.code()).isEqualTo("empty_split");
              assertThat(error.message()).contains("split.validation", "split.salt");
              assertThat(error.param()).isEqualTo("slip.stages[2]");
            });
    assertThat(unmet(DatasetLayout.TEXT, null, Map.of("train", 0L, "test", 9L), TRAIN))
        .hasValueSatisfying(error -> assertThat(error.message()).contains("hold out less"));
  }

  /** Rows with tools are left out of what is measured. */
  @Test
  void shouldRefuseAnEvaluationOfRowsThatAllHaveTools() {
    RoutingSlip slip = new RoutingSlip("run", List.of(TRAIN, evaluate(null)));
    for (long tools : List.of(5L, 6L)) {
      DatasetReady ready =
          new DatasetReady(
              "s",
              "d",
              ExampleEvents.FOLDER,
              DatasetLayout.MESSAGES,
              new DatasetCounts(7, 5, 1, 1),
              SPLITS,
              slip,
              Map.of(),
              Map.of("with_tools", tools),
              null);
      assertThat(StageNeeds.unmet(ready).map(ErrorDetail::code).orElse(null))
          .isEqualTo(tools == 6 ? "no_items" : null);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | {}                                | empty_split",
        "9 | 0 | {}                                |",
        "9 | 0 | {'evaluation': {'everySteps': 0}} |",
        "9 | 0 | {'evaluation': {'everySteps': 2}} | no_held_out_examples",
        "9 | 1 | {'evaluation': {'everySteps': 2}} |",
      })
  void shouldNameWhatATrainingLacks(long train, long validation, String spec, String code)
      throws JsonProcessingException {
    TrainingSpec asked = new ObjectMapper().readValue(spec.replace('\'', '"'), TrainingSpec.class);
    Map<String, Long> splits = Map.of("train", train, "validation", validation);
    assertThat(
            unmet(DatasetLayout.MESSAGES, null, splits, new Stage.Train("scratch", asked, null))
                .map(ErrorDetail::code)
                .orElse(null))
        .isEqualTo(code);
  }

  private static Stage evaluate(String split) {
    return new Stage.Evaluate(
        new EvaluationSpec(null, split, null, null, null, null, null, null, null));
  }

  private static Optional<ErrorDetail> unmet(
      DatasetLayout layout, KeptAnswers keep, Map<String, Long> splits, Stage... stages) {
    return StageNeeds.unmet(ready(layout, keep, splits, new RoutingSlip("run", List.of(stages))));
  }

  private static DatasetReady ready(
      DatasetLayout layout, KeptAnswers keep, Map<String, Long> splits, RoutingSlip slip) {
    return new DatasetReady(
        "s",
        "d",
        ExampleEvents.FOLDER,
        layout,
        new DatasetCounts(6, 6, 0, 0),
        splits,
        slip,
        null,
        null,
        keep);
  }
}
