package io.affinage.eval.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import io.affinage.events.spec.Settings;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AwaitedModelsTest {
  private final Set<String> known = new HashSet<>(Set.of("there"));
  private long now = Long.MAX_VALUE - 1; // System.nanoTime may overflow
  private final AwaitedModels awaited =
      new AwaitedModels(known::contains, Duration.ofSeconds(60), () -> now);

  private static EvaluationRequested request(String id, String model, Map<String, String> compare) {
    return Settings.build(EvaluationRequested.class)
        .with("evaluationId", id)
        .with("modelId", model)
        .with("compare", compare)
        .with("spec", Settings.absent(EvaluationSpec.class))
        .record();
  }

  private static RewardSpec.Member member(RewardSpec reward) {
    return Settings.build(RewardSpec.Member.class).with("reward", reward).record();
  }

  @Test
  void shouldNameWhatHasNotBeenHeardOf() {
    Map<String, String> compare = new LinkedHashMap<>();
    compare.put("base", Stage.BASE);
    compare.put("first", "late");
    compare.put("second", "later");
    compare.put("third", "late");
    assertThat(awaited.of(request("e", "there", compare))).containsExactly("late", "later");
    assertThat(awaited.of(request("e", "late", Map.of()))).containsExactly("late");
    assertThat(awaited.of(request("e", null, null))).isEmpty();
    RewardSpec rewards =
        new RewardSpec.Ensemble(
            List.of(member(new RewardSpec.Model("judge")), member(new RewardSpec.Model("there"))),
            null);
    assertThat(
            awaited.of(
                Settings.from(request("e", "there", null))
                    .with(
                        "spec",
                        Settings.build(EvaluationSpec.class).with("reward", rewards).record())
                    .record()))
        .containsExactly("judge");
  }

  @Test
  void shouldWaitForAWhileFromWhenItWasFirstSeen() {
    EvaluationRequested first = request("first", "late", null);
    EvaluationRequested second = request("second", "late", null);
    assertThat(awaited.mayCome(first)).isTrue();
    now += Duration.ofSeconds(59).toNanos();
    assertThat(awaited.mayCome(first)).isTrue();
    assertThat(awaited.mayCome(second)).isTrue();
    now += Duration.ofSeconds(1).toNanos();
    assertThat(awaited.mayCome(first)).isFalse();
    assertThat(awaited.mayCome(second)).isTrue();
  }

  @Test
  void shouldNotWaitForWhatHasCome() {
    EvaluationRequested request = request("e", "late", null);
    assertThat(awaited.mayCome(request)).isTrue();
    known.add("late");
    assertThat(awaited.of(request)).isEqualTo(List.of());
    assertThat(awaited.mayCome(request)).isFalse();
  }

  @Test
  void shouldForgetWhatIsOver() {
    EvaluationRequested request = request("e", "late", null);
    assertThat(awaited.mayCome(request)).isTrue();
    now += Duration.ofMinutes(2).toNanos();
    assertThat(awaited.mayCome(request)).isFalse();
    awaited.retain(Set.of("another"));
    assertThat(awaited.mayCome(request)).isTrue();
  }
}
