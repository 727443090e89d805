package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.spec.Settings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

  /** sft, reward model, policy: each is given what it needs by its role. */
  @Test
  void shouldHandTheRewardModelToThePolicyAndTheSftModelPastIt() {
    RewardSpec learned = new RewardSpec.Model("stage:rm");
    RewardSpec both =
        new RewardSpec.Ensemble(
            List.of(
                member("short", new RewardSpec.Length(1, 9)),
                member(null, new RewardSpec.Model("model:other:1")),
                member("kind", learned)),
            null);
    RoutingSlip slip =
        slip(
            stage("scratch", "sft", null),
            rewardModel(Stage.PREVIOUS, "rm"),
            new Stage.Evaluate(ExampleEvents.EVALUATION_SPEC),
            rewarded(Stage.PREVIOUS, "ppo", both),
            new Stage.Evaluate(
                scored(learned), null, null, null, List.of("base", "stage:sft", "model:m:2")),
            new Stage.Evaluate(scored(learned), null, null, "stage:sft", null));
    assertThat(problems(slip)).isEmpty();

    TrainingRequested sft = NextStage.afterDataset(ready(slip)).orElseThrow();
    TrainingRequested rm =
        (TrainingRequested) NextStage.afterTraining(made("m-sft"), sft).orElseThrow();
    assertThat(rm.baseModel()).isEqualTo("model:m-sft");
    EvaluationRequested between =
        (EvaluationRequested) NextStage.afterTraining(made("m-rm"), rm).orElseThrow();
    assertThat(between.model().modelId()).isEqualTo("m-rm");
    assertThat(between.measured()).isEqualTo("m-sft");

    TrainingRequested ppo = (TrainingRequested) NextStage.afterPromotion(between).orElseThrow();
    assertThat(ppo.baseModel()).isEqualTo("model:m-sft");
    assertThat(LearnedRewards.of(ppo.spec()))
        .isEqualTo(Map.of("reward.2", "other:1", "reward.kind", "m-rm"));
    assertThat(ppo.spec().maxSteps()).isEqualTo(7);

    EvaluationRequested last =
        (EvaluationRequested) NextStage.afterTraining(made("m-ppo"), ppo).orElseThrow();
    assertThat(last.modelId()).isNull();
    assertThat(last.measured()).isEqualTo("m-ppo");
    assertThat(LearnedRewards.of(last.spec())).isEqualTo(Map.of("reward", "m-rm"));
    assertThat(last.compare().toString()).isEqualTo("{base=base, sft=m-sft, m:2=m:2}");
    EvaluationRequested again = (EvaluationRequested) NextStage.afterPromotion(last).orElseThrow();
    assertThat(again.measured()).isEqualTo("m-sft");
    assertThat(again.model().modelId()).isEqualTo("m-ppo");
    assertThat(List.of(sft, rm, between, ppo, last, again))
        .allSatisfy(request -> assertThat(RequestRules.problems(request)).isEmpty());
    assertThat(last.evaluationId())
        .isNotEqualTo(
            ContentIds.evaluationId("m-ppo", last.dataset(), last.spec(), last.slip(), null));
  }

  /** All at once, before anything runs. */
  @Test
  void shouldRefuseInputsOfAnotherKind() {
    RoutingSlip slip =
        slip(
            rewardModel("scratch", "rm"),
            stage(Stage.PREVIOUS, "sft", null),
            stage("stage:rm", "other", null),
            rewarded("stage:sft", "ppo", new RewardSpec.Model("stage:sft")),
            rewarded(
                "stage:sft",
                null,
                new RewardSpec.Ensemble(
                    List.of(member("kind", new RewardSpec.Model("stage:rn"))), null)),
            new Stage.Evaluate(
                scored(new RewardSpec.Model("no name")),
                null,
                null,
                "sft",
                List.of("tuned", "stage:sfd", "stage:sft", "stage:sft", "model:tuned")),
            new Stage.Evaluate(ExampleEvents.EVALUATION_SPEC, null, null, null, List.of()));

    List<ErrorDetail> found = RequestRules.problems(submission(slip));

    assertThat(found)
        .extracting(ErrorDetail::param)
        .containsExactly(
            "slip.stages[1].baseModel",
            "slip.stages[2].baseModel",
            "slip.stages[3].spec.objective.reward",
            "slip.stages[4].spec.objective.reward.kind",
            "slip.stages[5].model",
            "slip.stages[5].spec.reward",
            "slip.stages[5].compare[0]",
            "slip.stages[5].compare[1]",
            "slip.stages[5].compare[3]",
            "slip.stages[5].compare[4]",
            "slip.stages[6].compare");
    assertThat(found.toString())
        .contains(
            "only reward models come before it",
            "'stage:rm', a reward model, which no model can be trained from",
            "'stage:sft', which makes no reward model",
            "'stage:rn', but no stage before it has that name; did you mean 'rm'?",
            "'stage:sfd', but no stage before it has that name; did you mean 'sft'?");
    assertThat(problems(slip(rewardModel("scratch", null), new Stage.Evaluate(scored(null)))))
        .containsExactly("slip.stages[1].model");
    assertThat(
            problems(
                slip(
                    rewarded("scratch", null, new RewardSpec.Model("stage:late")),
                    rewardModel(Stage.PREVIOUS, "late"))))
        .containsExactly("slip.stages[0].spec.objective.reward");
  }

  @Test
  void shouldRefuseAnEvaluationThatComparesUnderATakenName() {
    EvaluationRequested asked =
        new EvaluationRequested(
            "eval-1",
            ExampleEvents.MODEL,
            ExampleEvents.FOLDER,
            ExampleEvents.EVALUATION_SPEC,
            null,
            null,
            null,
            null,
            "no id",
            new TreeMap<>(Map.of("base", "base", "tuned", "m:1", "sft", "no id")));

    assertThat(RequestRules.problems(asked))
        .extracting(ErrorDetail::param)
        .containsExactly("modelId", "compare.sft", "compare.tuned");
    assertThatThrownBy(
            () ->
                RequestRules.require(
                    new EventFactory("/company/etl", java.time.Clock.systemUTC()).create(asked)))
        .hasMessageContaining("modelId must be")
        .hasMessageContaining("compare.tuned is a name that reports have");
  }

  private static Stage.Train rewardModel(String base, String name) {
    return new Stage.Train(
        base,
        Settings.build(TrainingSpec.class).with("method", "reward_model").record(),
        null,
        null,
        name,
        null,
        null);
  }

  private static Stage.Train rewarded(String base, String name, RewardSpec reward) {
    return new Stage.Train(
        base,
        Settings.build(TrainingSpec.class)
            .with("maxSteps", 7)
            .with("objective", Settings.build(GrpoSpec.class).with("reward", reward).record())
            .record(),
        null,
        null,
        name,
        null,
        null);
  }

  private static EvaluationSpec scored(RewardSpec reward) {
    return new EvaluationSpec(List.of("reward"), null, null, null, null, reward, null, null, null);
  }

  private static RewardSpec.Member member(String name, RewardSpec reward) {
    return new RewardSpec.Member(name, reward, null, null, null, null, null);
  }

  private static List<String> problems(RoutingSlip slip) {
    return RequestRules.problems(submission(slip)).stream().map(ErrorDetail::param).toList();
  }

  private static DatasetSubmitted submission(RoutingSlip slip) {
    return new DatasetSubmitted(
        "sub-1",
        "desk",
        new DatasetSource.Stored(ExampleEvents.FILE, null, null, null),
        null,
        null,
        null,
        false,
        slip);
  }

  private static Stage.Train stage(String base, String name, ArtifactRef dataset) {
    return new Stage.Train(
        base, ExampleEvents.SPARSE_SPEC, null, null, name, dataset, dataset == null ? null : "own");
  }

  private static ModelRegistered made(String id) {
    ModelRegistered model = ExampleEvents.MODEL;
    return Settings.from(model)
        .with("modelId", id)
        .with("attempt", 1)
        .with("workerId", "worker-a")
        .with("dataset", ExampleEvents.FOLDER)
        .with("trainedTokens", 1)
        .with("metrics", Map.of())
        .with("createdAt", 1)
        .with("slip", null)
        .record();
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
        "sub-1",
        null,
        null);
  }
}
