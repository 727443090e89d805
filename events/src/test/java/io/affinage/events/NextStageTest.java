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
