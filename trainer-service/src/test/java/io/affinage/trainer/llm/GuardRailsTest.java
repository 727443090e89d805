package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.events.EventJson;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.error.LlmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What ends a run of sampled answers, and what does not. */
class GuardRailsTest {
  private static final Map<String, Double> SOUND =
      Map.of(
          "reward", 0.5,
          "reward_std", 0.2,
          "frac_reward_zero_std", 0.5,
          "completions/mean_length", 20.0,
          "completions/clipped_ratio", 0.5,
          "kl", 0.1,
          "entropy", 1.5);

  private static GuardRails guards(String guards) throws Exception {
    return guards("'type': 'grpo'", guards);
  }

  private static GuardRails guards(String objective, String guards) throws Exception {
    TrainingSpec spec =
        EventJson.mapper()
            .readValue(
                ("{'objective': {%s, 'reward': {'type': 'ensemble', 'rewards': ["
                        + "{'name': 'taste', 'reward': {'type': 'model', 'model': 'm'}},"
                        + "{'name': 'judge', 'weight': 0, 'reward': {'type': 'model', 'model': 'other'}},"
                        + "{'reward': {'type': 'exact_match'}}]}}, 'guards': {%s}}")
                    .formatted(objective, guards)
                    .replace('\'', '"'),
                TrainingSpec.class);
    return GuardRails.of(SpecResolver.resolve(spec, false)).orElseThrow();
  }

  private static Map<String, Double> with(Object... changes) {
    Map<String, Double> metrics = new HashMap<>(SOUND);
    for (int i = 0; i < changes.length; i += 2) {
      metrics.put((String) changes[i], ((Number) changes[i + 1]).doubleValue());
    }
    return metrics;
  }

  /** The step at which a run ends. */
  private static int endOf(GuardRails guards, IntFunction<Map<String, Double>> steps, String code) {
    for (int step = 1; step <= 60; step++) {
      try {
        guards.check(step, steps.apply(step));
      } catch (LlmException e) {
        assertThat(e.code()).isEqualTo(code);
        assertThat(e).hasMessageContaining("step " + step);
        return step;
      }
    }
    throw new AssertionError("nothing ended the run: " + code);
  }

  @Test
  void shouldLetASoundRunGoOn() throws Exception {
    GuardRails guards = guards("'patience': 3");
    for (int step = 1; step <= 20; step++) {
      guards.check(step, SOUND);
    }
  }

  @Test
  void shouldEndWhatLeavesItsReference() throws Exception {
    assertThat(endOf(guards(""), step -> with("kl", step < 5 ? 0.1 : 11), "kl_blow_up"))
        .isEqualTo(7);
    // An answer's, of 20 tokens.
    assertThat(
            endOf(
                guards("'maxKl': 2"),
                step -> with("objective/kl", step % 4 == 0 ? 1 : 45),
                "kl_blow_up"))
        .isEqualTo(3);
    GuardRails any = guards("'maxKl': 0");
    for (int step = 1; step <= 20; step++) {
      any.check(step, with("kl", 1e9));
    }
    assertThat(endOf(guards(""), step -> with("kl", Double.NaN), "kl_blow_up")).isEqualTo(3);
  }

  @Test
  void shouldEndWhatAlwaysAnswersTheSame() throws Exception {
    assertThat(
            endOf(
                guards("'patience': 4"),
                step -> with("policy/entropy_avg", step == 3 ? 1 : 1e-4),
                "entropy_collapse"))
        .isEqualTo(7);
  }

  @Test
  void shouldEndWhatHasNothingToLearnFrom() throws Exception {
    String patience = "'patience': 4";
    assertThat(endOf(guards(patience), step -> with("frac_reward_zero_std", 1), "equal_rewards"))
        .isEqualTo(4);
    assertThat(
            endOf(
                guards(patience),
                step -> with("completions/mean_length", 1, "completions/clipped_ratio", 0),
                "completions_empty"))
        .isEqualTo(4);
    assertThat(
            endOf(
                guards(patience),
                step -> with("completions/clipped_ratio", step == 2 ? 0.9 : 1),
                "completions_at_limit"))
        .isEqualTo(6);
  }

  /** All steps of an iteration tell of the same answers. */
  @Test
  void shouldCountABatchOnceHoweverOftenItIsLearnedFrom() throws Exception {
    String ppo = "'type': 'ppo', 'numPpoEpochs': 4, 'numMiniBatches': 2";
    GuardRails one = guards(ppo, "'patience': 2");
    for (int step = 1; step <= 32; step++) {
      boolean bad = step > 8 && step <= 16;
      one.check(step, bad ? with("kl", 11, "frac_reward_zero_std", 1) : SOUND);
    }
    assertThat(endOf(guards(ppo, ""), step -> with("kl", 11), "kl_blow_up")).isEqualTo(24);
  }

  /** One score varies by nothing, and is no sign of anything; none at all is. */
  @Test
  void shouldEndWhatIsNeverScored() throws Exception {
    Map<String, Double> unscored = with("unscored", 8);
    unscored.keySet().removeAll(Set.of("reward", "reward_std", "frac_reward_zero_std"));
    assertThat(endOf(guards("'patience': 4"), step -> unscored, "equal_rewards")).isEqualTo(4);
    Map<String, Double> single = with("unscored", 0);
    single.keySet().removeAll(Set.of("reward_std", "frac_reward_zero_std"));
    GuardRails guards = guards("'patience': 4");
    for (int step = 1; step <= 20; step++) {
      guards.check(step, single);
    }
  }

  @Test
  void shouldEndWhatPleasesTheRewardModelAlone() throws Exception {
    assertThat(
            endOf(
                guards("'patience': 10"),
                step ->
                    with(
                        "rewards/taste/mean",
                        step * 0.1,
                        "rewards/exact_match/mean",
                        1 - step * 0.01),
                "reward_hacking"))
        .isGreaterThanOrEqualTo(20);
    // Another reward model, by which nothing is learned, is held out as a rule is.
    assertThat(
            endOf(
                guards("'patience': 10"),
                step -> with("rewards/taste/mean", step * 0.1, "rewards/judge/mean", -step * 0.1),
                "reward_hacking"))
        .isGreaterThanOrEqualTo(20);
    GuardRails all = guards("'patience': 10");
    for (int step = 1; step <= 60; step++) {
      all.check(
          step,
          with(
              "rewards/taste/mean",
              step * 0.1,
              "rewards/judge/mean",
              step * 0.1,
              "rewards/exact_match/mean",
              step * 0.01));
    }
    GuardRails other = guards("'patience': 10");
    for (int step = 1; step <= 60; step++) {
      other.check(
          step, with("rewards/judge/mean", step * 0.1, "rewards/exact_match/mean", -step * 0.1));
    }
  }

  @Test
  void shouldBeForSampledAnswersAlone() throws Exception {
    TrainingSpec plain = SpecResolver.resolve(SpecResolver.empty(), false);
    assertThat(GuardRails.of(plain)).isEmpty();
    assertThatThrownBy(() -> guards("'patience': -1")).hasMessageContaining("guards.patience");
  }
}
