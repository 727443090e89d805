package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Optimizer;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Range;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Schedule;
import io.affinage.llm.training.optimizer.Adafactor;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words and defaults of specifications against those of the model library. */
class SettingsOfSpecTest {
  private static final ObjectMapper JSON = new ObjectMapper();

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

  /** What the one table of ranges allows, the library takes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{'learningRate': %s}",
        "{'weightDecay': %s}",
        "{'warmupRatio': %s}",
        "{'maxGradNorm': %s}",
        "{'minLearningRateRatio': %s}",
        "{'epochs': %s}",
        "{'optimizer': {'beta1': %s}}",
        "{'optimizer': {'epsilon': %s}}",
        "{'optimizer': {'loraPlusRatio': %s}}",
        "{'optimizer': {'type': 'sgd', 'momentum': %s}}",
        "{'regularisation': {'neftuneAlpha': %s}}",
        "{'regularisation': {'labelSmoothing': %s}}",
        "{'regularisation': {'emaDecay': %s}}",
        "{'evaluation': {'everySteps': 1, 'minImprovement': %s}}",
      })
  void shouldTakeBothEndsOfARange(String json) throws Exception {
    Range range = range(json.replace('\'', '"').formatted(7.5));
    for (double end : new double[] {range.least(), range.most()}) {
      TrainingSpec given =
          JSON.readValue(json.replace('\'', '"').formatted(end), TrainingSpec.class);
      TrainingSpec spec = SpecResolver.resolve(given, false);
      ObjectNode decided = JSON.valueToTree(spec);
      decided.put("recomputeActivations", true); // else the model's size decides

      assertThat(SettingsOfSpec.settings(JSON.treeToValue(decided, TrainingSpec.class), null))
          .isNotNull();
    }
  }

  /** Of the setting that is 7.5 in a specification. */
  private static Range range(String json) throws Exception {
    return range(TrainingSpec.class, JSON.readTree(json));
  }

  private static Range range(Class<? extends Record> type, JsonNode spec) {
    for (SettingRule rule : Settings.of(type)) {
      JsonNode value = spec.path(rule.name());
      if (value.isDouble()) {
        return rule.range();
      }
      Class<?> inside =
          Choices.isChoice(rule.type())
              ? Choices.find(rule.type(), value.path("type").asText()).orElse(null)
              : rule.type();
      if (value.isObject() && inside != null) {
        Range found = range(inside.asSubclass(Record.class), value);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
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
    return Settings.build(TrainingSpec.class)
        .with("optimizer", new Optimizer(type, null, null, null, null, null, null, null, null))
        .record();
  }

  private static TrainingSpec schedule(String name) {
    return Settings.build(TrainingSpec.class).with("schedule", name).record();
  }
}
