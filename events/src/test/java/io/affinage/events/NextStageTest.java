package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NextStageTest {
  private static final Stage.Evaluate EVALUATE = new Stage.Evaluate(ExampleEvents.EVALUATION_SPEC);
  private static final Stage.Train TRAIN =
      new Stage.Train("model:first", ExampleEvents.SPARSE_SPEC, "second");
  private static final Map<String, String> LABELS = Map.of("team", "support");

  @Test
  void shouldCarryNameSubmissionAndLabelsThroughEveryStage() {
    TrainingRequested first = training(slip(EVALUATE, EVALUATE, TRAIN, EVALUATE));

    EvaluationRequested second = evaluationAfter(first);
    EvaluationRequested third =
        (EvaluationRequested) NextStage.afterPromotion(second).orElseThrow();
    TrainingRequested fourth = (TrainingRequested) NextStage.afterPromotion(third).orElseThrow();
    EvaluationRequested fifth = evaluationAfter(fourth);

    assertThat(List.of(second, third, fifth))
        .allSatisfy(
            evaluation -> {
              assertThat(evaluation.datasetName()).isEqualTo("desk");
              assertThat(evaluation.datasetSubmissionId()).isEqualTo("sub-1");
              assertThat(evaluation.metadata()).isEqualTo(LABELS);
              assertThat(evaluation.slip().runId()).isEqualTo("run-1");
            });
    assertThat(fourth.datasetName()).isEqualTo("desk");
    assertThat(fourth.datasetSubmissionId()).isEqualTo("sub-1");
    assertThat(fourth.metadata()).isEqualTo(LABELS);
    assertThat(fourth.baseModel()).isEqualTo("model:first");
    assertThat(fourth.suffix()).isEqualTo("second");
    assertThat(second.slip().stages()).hasSize(3);
    assertThat(fifth.slip().stages()).isEmpty();
    assertThat(NextStage.afterPromotion(fifth)).isEmpty();
    assertThat(second.evaluationId()).isNotEqualTo(third.evaluationId());
  }

  @Test
  void shouldBeginARunWithItsTraining() {
    DatasetReady ready = ready(slip(TRAIN, EVALUATE));

    TrainingRequested request = NextStage.afterDataset(ready).orElseThrow();

    assertThat(request.jobId())
        .isEqualTo(
            ContentIds.jobId(
                "model:first",
                ExampleEvents.FOLDER,
                null,
                ExampleEvents.SPARSE_SPEC,
                "second",
                slip(EVALUATE)));
    assertThat(request.datasetName()).isEqualTo("desk");
    assertThat(request.datasetSubmissionId()).isEqualTo("sub-1");
    assertThat(request.slip()).isEqualTo(slip(EVALUATE));
  }

  /** A stage's base by role: the model of the training before, or of a stage by its name. */
  @Test
  void shouldHandTheModelOfAStageToTheNext() {
    RoutingSlip slip =
        slip(
            stage("scratch", "sft", null),
            stage(Stage.PREVIOUS, "dpo", null),
            EVALUATE,
            stage(Stage.PREVIOUS, null, null),
            stage("stage:sft", null, ExampleEvents.FILE),
            EVALUATE);
    TrainingRequested sft = NextStage.afterDataset(ready(slip)).orElseThrow();
    assertThat(sft.stage()).isEqualTo("sft");

    TrainingRequested dpo =
        (TrainingRequested) NextStage.afterTraining(made("m-sft"), sft).orElseThrow();
    assertThat(dpo.baseModel()).isEqualTo("model:m-sft");
    assertThat(dpo.slip().outputs()).isEqualTo(Map.of("sft", "m-sft"));

    EvaluationRequested evaluation =
        (EvaluationRequested) NextStage.afterTraining(made("m-dpo"), dpo).orElseThrow();
    assertThat(evaluation.model().modelId()).isEqualTo("m-dpo");
    TrainingRequested third =
        (TrainingRequested) NextStage.afterPromotion(evaluation).orElseThrow();
    assertThat(third.baseModel()).isEqualTo("model:m-dpo");
    assertThat(third.slip().outputs()).isEqualTo(Map.of("sft", "m-sft", "dpo", "m-dpo"));

    TrainingRequested fourth =
        (TrainingRequested) NextStage.afterTraining(made("m-3"), third).orElseThrow();
    assertThat(fourth.baseModel()).isEqualTo("model:m-sft");
    assertThat(fourth.dataset()).isEqualTo(ExampleEvents.FILE);
    assertThat(fourth.datasetSubmissionId()).isNull();
    ModelRegistered last = made("m-4");
    EvaluationRequested end =
        (EvaluationRequested) NextStage.afterTraining(last, fourth).orElseThrow();
    assertThat(end.model()).isEqualTo(last);
    assertThat(List.of(sft, dpo, evaluation, third, fourth, end))
        .allSatisfy(request -> assertThat(RequestRules.problems(request)).isEmpty());
  }

  @Test
  void shouldRefuseStagesThatNameWhatIsNotBeforeThem() {
    assertThat(problems(slip(stage(Stage.PREVIOUS, null, null))))
        .containsExactly("slip.stages[0].baseModel");
    assertThat(problems(slip(stage("stage:sft", "sft", null))))
        .containsExactly("slip.stages[0].baseModel");
    assertThat(problems(slip(stage("scratch", "a", null), stage("stage:b", "a", null))))
        .containsExactly("slip.stages[1].baseModel", "slip.stages[1].name");
    assertThat(
            RequestRules.problems(
                new TrainingRequested(
                    "j",
                    "previous",
                    ExampleEvents.FOLDER,
                    null,
                    ExampleEvents.SPEC,
                    null,
                    null,
                    null)))
        .extracting(ErrorDetail::param)
        .containsExactly("baseModel");
  }

  private static List<String> problems(RoutingSlip slip) {
    return RequestRules.problems(
            new DatasetSubmitted(
                "sub-1",
                "desk",
                new DatasetSource.Stored(ExampleEvents.FILE, null, null, null),
                null,
                null,
                null,
                false,
                slip))
        .stream()
        .map(ErrorDetail::param)
        .toList();
  }

  private static Stage.Train stage(String base, String name, ArtifactRef dataset) {
    return new Stage.Train(
        base, ExampleEvents.SPARSE_SPEC, null, null, name, dataset, dataset == null ? null : "own");
  }

  private static ModelRegistered made(String id) {
    ModelRegistered model = ExampleEvents.MODEL;
    return new ModelRegistered(
        id,
        model.jobId(),
        1,
        "worker-a",
        model.kind(),
        model.model(),
        model.baseModel(),
        model.base(),
        ExampleEvents.FOLDER,
        model.lineage(),
        1,
        Map.of(),
        1,
        null);
  }

  @Test
  void shouldEndWhereTheSlipEnds() {
    assertThat(NextStage.afterDataset(ready(null))).isEmpty();
    assertThat(NextStage.afterDataset(ready(slip()))).isEmpty();
    assertThat(NextStage.afterTraining(ExampleEvents.MODEL, training(null))).isEmpty();
    assertThat(NextStage.afterTraining(ExampleEvents.MODEL, training(slip()))).isEmpty();
  }

  private static EvaluationRequested evaluationAfter(TrainingRequested training) {
    return (EvaluationRequested)
        NextStage.afterTraining(ExampleEvents.MODEL, training).orElseThrow();
  }

  private static RoutingSlip slip(Stage... stages) {
    return new RoutingSlip("run-1", List.of(stages));
  }

  private static DatasetReady ready(RoutingSlip slip) {
    return new DatasetReady(
        "sub-1",
        "desk",
        ExampleEvents.FOLDER,
        DatasetLayout.MESSAGES,
        new DatasetCounts(1, 1, 0, 0),
        Map.of("train", 1L),
        slip);
  }

  private static TrainingRequested training(RoutingSlip slip) {
    return new TrainingRequested(
        "job-1",
        "scratch",
        ExampleEvents.FOLDER,
        "desk",
        ExampleEvents.SPEC,
        null,
        LABELS,
        slip,
        "sub-1");
  }
}
