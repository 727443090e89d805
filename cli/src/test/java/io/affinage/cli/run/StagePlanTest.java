package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.spec.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

class StagePlanTest {

  @Test
  void shouldTellWhatEachStageTakesFromTheOthers() {
    ArtifactRef rows = new ArtifactRef("sha256:" + "1a".repeat(32), ArtifactRef.Kind.FOLDER, 1);
    RewardSpec learned = new RewardSpec.Model("stage:rm");
    StagePlan plan =
        new StagePlan(
            "desk",
            List.of(
                train("hub:owner/name", spec("sft"), "sft", null),
                train("stage:sft", spec("reward_model"), "rm", rows),
                train(
                    Stage.PREVIOUS,
                    Settings.build(TrainingSpec.class)
                        .with(
                            "objective",
                            Settings.build(GrpoSpec.class).with("reward", learned).record())
                        .record(),
                    null,
                    null),
                new Stage.Evaluate(
                    new EvaluationSpec(
                        List.of("reward"), null, null, null, null, learned, null, null, null),
                    null,
                    null,
                    null,
                    List.of("base", "stage:sft"))));

    assertThat(plan.lines())
        .containsExactly(
            "stage 1   sft 'sft' from hub:owner/name on desk",
            "stage 2   reward_model 'rm' from stage sft on pairs",
            "stage 3   grpo from previous on pairs rewarded by model stage rm",
            "stage 4   evaluate of stage 3 on pairs rewarded by model stage rm beside base, stage"
                + " sft");
    assertThat(plan.json()).element(3).extracting("compare").isEqualTo("base, stage sft");
  }

  private static TrainingSpec spec(String method) {
    return Settings.build(TrainingSpec.class).with("method", method).record();
  }

  private static Stage.Train train(
      String base, TrainingSpec spec, String name, ArtifactRef dataset) {
    return new Stage.Train(base, spec, null, null, name, dataset, dataset == null ? null : "pairs");
  }
}
