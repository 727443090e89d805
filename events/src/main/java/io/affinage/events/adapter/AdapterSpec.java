package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Map;

/**
 * What is trained beside or in place of the model's weights. A null field means the default. The
 * settings of a type are those of PEFT, where PEFT has the type.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = LoraSpec.class, name = "lora"),
  @JsonSubTypes.Type(value = DoraSpec.class, name = "dora"),
  @JsonSubTypes.Type(value = Ia3Spec.class, name = "ia3"),
  @JsonSubTypes.Type(value = PromptTuningSpec.class, name = "prompt_tuning"),
  @JsonSubTypes.Type(value = PrefixTuningSpec.class, name = "prefix_tuning"),
  @JsonSubTypes.Type(value = BottleneckSpec.class, name = "bottleneck"),
  @JsonSubTypes.Type(value = NoAdapter.class, name = "none")
})
public sealed interface AdapterSpec
    permits LoraSpec,
        DoraSpec,
        Ia3Spec,
        PromptTuningSpec,
        PrefixTuningSpec,
        BottleneckSpec,
        NoAdapter {

  /** The peak learning rate of supervised fine-tuning that names none. */
  double learningRate();

  /** With the defaults that follow from other settings; those that stand alone are filled in. */
  default AdapterSpec completed() {
    return this;
  }

  /** What is wrong with settings that are each in their range: the field, and why. */
  default Map<String, String> conflicts() {
    return Map.of();
  }
}
