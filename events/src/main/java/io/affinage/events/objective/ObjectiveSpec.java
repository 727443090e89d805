package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * What a training step minimises in place of the loss of {@code sft} or {@code pretrain}. A null
 * field means the default; the settings' names are TRL's.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DpoSpec.class, name = "dpo"),
  @JsonSubTypes.Type(value = IpoSpec.class, name = "ipo"),
  @JsonSubTypes.Type(value = GrpoSpec.class, name = "grpo"),
  @JsonSubTypes.Type(value = PpoSpec.class, name = "ppo"),
  @JsonSubTypes.Type(value = RlooSpec.class, name = "rloo"),
  @JsonSubTypes.Type(value = RewardModelSpec.class, name = "reward_model")
})
public sealed interface ObjectiveSpec
    permits DpoSpec, IpoSpec, GrpoSpec, PpoSpec, RlooSpec, RewardModelSpec {

  /**
   * The share of supervised fine-tuning's learning rate that is the default. Where all weights are
   * trained this gives TRL's rate for preferences, 1e-6 against 2e-5. Adapters start from nothing
   * and take more: 5e-5 against LoRA's 2e-4, at which small models learn pairs in tens of steps.
   *
   * @param adapter whether an adapter is trained
   */
  default double learningRateFactor(boolean adapter) {
    return adapter ? 0.25 : 0.05;
  }
}
