package io.affinage.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.model.Likelihood;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreferenceMetricsTest {
  private static final Path LLM = Path.of("..", "llm", "src", "test", "resources");

  /**
   * Long chosen answers: the likelihood ranks them wrong, what training changed ranks them right.
   */
  @Test
  void shouldRankByWhatWasGainedOverTheReference() {
    List<List<Likelihood>> reference =
        List.of(
            pair(-40, 20, -10, 4),
            pair(-30, 10, -12, 4),
            pair(-20, 10, -20, 10),
            pair(-8, 4, -24, 12));
    List<List<Likelihood>> policy =
        List.of(
            pair(-36, 20, -11, 4), // +4 over -1; a token: +0.2 over -0.25
            pair(-28, 10, -11, 4), // +2 over +1; a token: +0.2 under +0.25
            pair(-20, 10, -20, 10), // as before: a tie
            pair(-10, 4, -23, 12)); // -2 under +1; a token: -0.5 under +0.083

    Map<String, Measurements> ratio = measure(new ImplicitRewardAccuracy(), policy, reference);
    assertThat(scores(ratio, "implicit_reward_accuracy")).containsExactly(1, 1, 0.5, 0);
    assertThat(scores(ratio, "implicit_reward_accuracy_normalized")).containsExactly(1, 0, 0.5, 0);
    assertThat(scores(ratio, "implicit_reward_margin")).containsExactly(5, 1, 0, -3);
    Estimate accuracy = ratio.get("implicit_reward_accuracy").estimate(3);
    assertThat(accuracy.score()).isEqualTo(0.625);
    assertThat(accuracy.low()).isBetween(0.0, 0.5);
    assertThat(accuracy.high()).isBetween(0.75, 1.0);

    Map<String, Measurements> raw = measure(new PreferenceAccuracy(), policy, reference);
    assertThat(scores(raw, "preference_accuracy")).containsExactly(0, 0, 0.5, 1);
    assertThat(scores(raw, "preference_margin")).containsExactly(-25, -17, 0, 13);
    // A token: -1.8 over -2.75, -2.8 under -2.75, a tie, -2.5 under -1.9.
    assertThat(scores(raw, "preference_accuracy_normalized")).containsExactly(1, 0, 0.5, 0);
  }

  @Test
  void shouldGiveTheReferenceOneHalfByDefinition() {
    List<List<Likelihood>> reference = List.of(pair(-4, 2, -1, 1), pair(-1, 1, -9, 3));
    Map<String, Measurements> itself = measure(new ImplicitRewardAccuracy(), reference, reference);
    Estimate accuracy = itself.get("implicit_reward_accuracy").estimate(1);
    assertThat(accuracy).isEqualTo(new Estimate(0.5, 0.5, 0.5, 2));
  }

  /**
   * TRL's DPOTrainer on the same pairs with the same adapters, the reference being the adapter that
   * training started from: see objective_fixtures.py of llm.
   */
  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gpt2"})
  void shouldGiveWhatTheReferenceImplementationGives(String family) throws Exception {
    Path folder = LLM.resolve("objectives").resolve(family);
    Path model = LLM.resolve("families").resolve(family);
    JsonNode golden = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
    JsonNode theirs = golden.get("dpo").get("metrics");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, Checkpoint.open(model), Precision.FLOAT32);
        Adapter policy = PeftFolder.load(decoder, folder);
        Adapter start = PeftFolder.load(decoder, model.resolve("adapter"))) {
      Map<String, Measurements> found =
          measure(
              new ImplicitRewardAccuracy(),
              likelihoods(new LossMeter(decoder, policy), golden.get("pairs")),
              likelihoods(new LossMeter(decoder, start), golden.get("pairs")));
      assertThat(found.get("implicit_reward_accuracy").estimate(1).score())
          .isCloseTo(theirs.get("rewards/accuracies").asDouble(), within(1e-6));
      assertThat(
              golden.get("beta").asDouble()
                  * found.get("implicit_reward_margin").estimate(1).score())
          .isCloseTo(theirs.get("rewards/margins").asDouble(), within(1e-5));
    }
  }

  private static List<List<Likelihood>> likelihoods(LossMeter meter, JsonNode pairs) {
    List<List<Likelihood>> found = new ArrayList<>();
    for (JsonNode pair : pairs) {
      found.add(
          meter.losses(List.of(example(pair, 1), example(pair, 2)), 2).stream()
              .map(loss -> new Likelihood(-loss.sum(), loss.targets()))
              .toList());
    }
    return found;
  }

  private static TokenizedExample example(JsonNode pair, int answer) {
    int[] prompt = ints(pair.get(0));
    int[] ids =
        IntStream.concat(IntStream.of(prompt), IntStream.of(ints(pair.get(answer)))).toArray();
    return TokenizedExample.targetsFrom("pair", ids, prompt.length);
  }

  private static int[] ints(JsonNode ids) {
    return StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static Map<String, Measurements> measure(
      LikelihoodMetric metric, List<List<Likelihood>> policy, List<List<Likelihood>> reference) {
    return metric.measure(new Likelihoods(List.of(), List.of(), policy, Optional.of(reference)));
  }

  private static double[] scores(Map<String, Measurements> measured, String name) {
    return ((Measurements.Scores) measured.get(name)).values();
  }

  private static List<Likelihood> pair(
      double chosen, int chosenTokens, double rejected, int rejectedTokens) {
    return List.of(new Likelihood(chosen, chosenTokens), new Likelihood(rejected, rejectedTokens));
  }
}
