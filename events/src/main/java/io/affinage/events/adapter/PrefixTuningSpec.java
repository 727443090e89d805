package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of virtual tokens in every layer (Li and Liang 2021).
 *
 * @param numVirtualTokens how many
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PrefixTuningSpec(
    @Setting(
            value = "virtual tokens whose keys and values every layer sees",
            otherwise = "20",
            from = 1)
        @Nullable Integer numVirtualTokens)
    implements AdapterSpec {

  @Override
  public double learningRate() {
    return 5e-3;
  }
}
