package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A low-rank update of linear layers (Hu et al. 2021).
 *
 * @param rank columns of A and B
 * @param loraAlpha the update is scaled by loraAlpha / rank
 * @param loraDropout probability in front of the adapter
 * @param useRslora whether the update is scaled by loraAlpha / sqrt(rank)
 * @param targetModules names of linear layers, or the one entry {@code all-linear}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LoraSpec(
    @Setting(value = "columns of A and B", otherwise = "16", from = 1) @Nullable Integer rank,
    @Setting(
            value = "scaling of the adapter is lora_alpha / rank; twice the rank unless given",
            from = 1e-6,
            also = "alpha")
        @Nullable Double loraAlpha,
    @Setting(
            value = "probability in front of adapters",
            otherwise = "0.0",
            from = 0,
            to = 0.99,
            also = "dropout",
            changeable = true)
        @Nullable Double loraDropout,
    @Setting(
            value = "divide lora_alpha by the root of the rank",
            otherwise = "false",
            also = "rslora")
        @Nullable Boolean useRslora,
    @Setting(value = "linear layers by name, or `all-linear`", otherwise = "[\"all-linear\"]")
        @Nullable List<String> targetModules)
    implements AdapterSpec {

  @Override
  public double learningRate() {
    return 2e-4;
  }

  @Override
  public LoraSpec completed() {
    return loraAlpha == null && rank != null
        ? new LoraSpec(rank, 2.0 * rank, loraDropout, useRslora, targetModules)
        : this;
  }

  @Override
  public Map<String, String> conflicts() {
    return TargetModules.conflicts(targetModules);
  }
}
