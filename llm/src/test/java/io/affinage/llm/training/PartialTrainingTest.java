package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is chosen learns; everything else keeps its bits. */
class PartialTrainingTest {
  private static final DecoderConfig UNTIED =
      DecoderConfig.llama(new DecoderShape(37, 16, 24, 3, 4, 2, 4, 64, false), 1e-5, 10_000);
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT
          .withMaxSteps(30)
          .with(Batching.of(12))
          .with(Optimization.DEFAULT.withLearningRate(0.03));

  static Stream<Arguments> selections() {
    return Stream.of(
        Arguments.of(WeightSelection.head(UNTIED), Set.of("lm_head.weight")),
        Arguments.of(WeightSelection.embeddings(UNTIED), Set.of("model.embed_tokens.weight")),
        Arguments.of(
            new WeightSelection(List.of("model.layers.1.*"), List.of("*norm*", "*.q_proj.*")),
            Set.of(
                "model.layers.1.self_attn.k_proj.weight",
                "model.layers.1.self_attn.v_proj.weight",
                "model.layers.1.self_attn.o_proj.weight",
                "model.layers.1.mlp.gate_proj.weight",
                "model.layers.1.mlp.up_proj.weight",
                "model.layers.1.mlp.down_proj.weight")),
        Arguments.of(
            new WeightSelection(List.of("*norm*"), List.of()),
            Set.of(
                "model.layers.0.input_layernorm.weight",
                "model.layers.0.post_attention_layernorm.weight",
                "model.layers.1.input_layernorm.weight",
                "model.layers.1.post_attention_layernorm.weight",
                "model.layers.2.input_layernorm.weight",
                "model.layers.2.post_attention_layernorm.weight",
                "model.norm.weight")));
  }

  @ParameterizedTest
  @MethodSource("selections")
  void shouldChangeWhatIsChosenAndNothingElse(WeightSelection selection, Set<String> expected) {
    assertThat(changed(selection, true)).isEqualTo(new TreeSet<>(expected));
    assertThat(changed(selection, false)).isEqualTo(new TreeSet<>(expected));
  }

  @Test
  void shouldTrainTheLastLayers() {
    Set<String> changed = changed(WeightSelection.lastLayers(1, UNTIED), false);

    assertThat(changed)
        .hasSize(11)
        .contains("lm_head.weight", "model.norm.weight")
        .filteredOn(name -> name.startsWith("model.layers."))
        .allMatch(name -> name.startsWith("model.layers.2."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.layers.9.*", "head"})
  void shouldRefuseAPatternThatFitsNothing(String pattern) {
    assertThatThrownBy(() -> changed(new WeightSelection(List.of(pattern), List.of()), false))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("invalid_weight_selection"))
        .hasMessageContaining(pattern);
  }

  @Test
  void shouldRefuseToFreezeEverything() {
    assertThatThrownBy(() -> changed(WeightSelection.ALL.freezing(List.of("*")), false))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("no weight is left to train");
  }

  /** Trains, checks that it learned, and tells which weights differ from before. */
  private static Set<String> changed(WeightSelection selection, boolean recompute) {
    try (TinyModel model = new TinyModel(UNTIED)) {
      Map<String, float[]> before = weights(model);
      try (Trainables trainables = Trainables.of(model.decoder, selection);
          TrainingRun run =
              TrainingRun.overExamples(
                  model.decoder,
                  trainables,
                  SETTINGS.withRecomputedActivations(recompute),
                  EXAMPLES)) {
        TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());
        assertThat(outcome.finalLoss()).isLessThan(outcome.firstLoss());
      }
      Map<String, float[]> after = weights(model);
      return before.keySet().stream()
          .filter(name -> !java.util.Arrays.equals(before.get(name), after.get(name)))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Map<String, float[]> weights(TinyModel model) {
    Map<String, float[]> weights = new HashMap<>();
    model.decoder.forEachWeight((name, array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }
}
