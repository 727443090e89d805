package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Two small layers with a residual behind attention and behind the feed-forward part (Houlsby et
 * al. 2019).
 *
 * @param reductionFactor the hidden size over the width between the two layers
 * @param nonLinearity what stands between them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BottleneckSpec(
    @Setting(
            value = "hidden size over the width between the two layers",
            otherwise = "16.0",
            from = 1)
        @Nullable Double reductionFactor,
    @Setting(
            value = "between the two layers: `relu`, `gelu`, `silu` or `tanh`",
            otherwise = "\"silu\"",
            words = {"relu", "gelu", "silu", "tanh"})
        @Nullable String nonLinearity)
    implements AdapterSpec {

  @Override
  public double learningRate() {
    return 1e-4;
  }
}
