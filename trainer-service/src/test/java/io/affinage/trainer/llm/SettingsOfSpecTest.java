package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Optimizer;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Schedule;
import io.affinage.llm.training.optimizer.Adafactor;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The words and defaults of specifications against those of the model library. */
class SettingsOfSpecTest {
  @Test
  void shouldOfferTheOptimizersOfTheLibraryWithTheirDefaults() throws Exception {
    for (String type : OptimizerRule.names()) {
      TrainingSpec spec = SpecResolver.resolve(optimizer(type), false);
      OptimizerRule expected = OptimizerRule.of(type);

      assertThat(SettingsOfSpec.rule(spec.optimizer())).isEqualTo(expected);
    }
    assertThat(messageFor(optimizer("adam"))).contains(String.join(", ", OptimizerRule.names()));
    assertThat(Adafactor.DEFAULT.hyperparameters().keySet())
        .doesNotContainAnyElementsOf(Set.of("beta1", "beta2", "momentum", "nesterov"));
  }

  @Test
  void shouldOfferTheSchedulesOfTheLibrary() {
    assertThat(messageFor(schedule("triangle")))
        .contains("must be one of " + String.join(", ", Schedule.Shape.ids()));
  }

  @Test
  void shouldTolerateAsManySkippedStepsAsTheLibrary() throws Exception {
    assertThat(SpecResolver.resolve(null, false).maxSkippedSteps())
        .isEqualTo(Optimization.DEFAULT.maxSkippedSteps());
  }

  private static String messageFor(TrainingSpec spec) {
    List<String> messages = new ArrayList<>();
    try {
      SpecResolver.resolve(spec, false);
    } catch (io.affinage.events.spec.InvalidSpecException e) {
      messages.add(e.getMessage());
    }
    return String.join("", messages);
  }

  private static TrainingSpec optimizer(String type) {
    return new TrainingSpec(
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        new Optimizer(type, null, null, null, null, null, null, null, null),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private static TrainingSpec schedule(String name) {
    return new TrainingSpec(
        null, null, null, null, null, null, null, null, name, null, null, null, null, null, null,
        null, null, null, null);
  }
}
