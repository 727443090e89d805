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
  @JsonSubTypes.Type(value = IpoSpec.class, name = "ipo")
})
public sealed interface ObjectiveSpec permits DpoSpec, IpoSpec {

  /**
   * The share of supervised fine-tuning's learning rate that is the default. TRL's for preferences
   * is 1e-6 where all weights are trained, against 2e-5.
   */
  default double learningRateFactor() {
    return 0.05;
  }
}
