package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * A reward model (Bradley and Terry 1952; Ouyang et al. 2022): a head in place of the language
 * model's gives each text one score, higher for the chosen answer of a pair. What is registered
 * scores texts and writes none ({@link io.affinage.events.ModelRegistered#task()}).
 *
 * @param centerRewardsCoefficient how strongly scores are held around 0, of which pairs alone say
 *     nothing (Eisenstein et al. 2023)
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RewardModelSpec(
    @Setting(
            value = "how strongly scores are held around 0; absent for not at all",
            from = 0,
            to = 1000)
        @Nullable Double centerRewardsCoefficient)
    implements ObjectiveSpec {

  /** A head begins anew, whatever it stands on: TRL's rate for LoRA, 1e-4, and 1e-5 for all. */
  @Override
  public double learningRateFactor(boolean adapter) {
    return 0.5;
  }
}
