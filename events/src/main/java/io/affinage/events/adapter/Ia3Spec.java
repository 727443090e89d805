package io.affinage.events.adapter;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A vector of factors for each target layer (Liu et al. 2022).
 *
 * @param targetModules names of linear layers; null for keys, values and the last layer of the
 *     feed-forward part, as the model's family names them
 * @param feedforwardModules those of them whose input is scaled, not their output; null for the
 *     last layer of the feed-forward part
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Ia3Spec(
    @Setting(
            "layers that get factors; keys, values and the last layer of the feed-forward part"
                + " unless given")
        @Nullable List<String> targetModules,
    @Setting(
            "those of `target_modules` whose input is scaled, not their output; the last layer of"
                + " the feed-forward part unless given")
        @Nullable List<String> feedforwardModules)
    implements AdapterSpec {

  @Override
  public double learningRate() {
    return 5e-3;
  }

  @Override
  public Map<String, String> conflicts() {
    if (targetModules == null && feedforwardModules != null) {
      return Map.of("feedforwardModules", "is given without targetModules, of which it is a part");
    }
    if (targetModules != null && feedforwardModules != null) {
      for (String module : feedforwardModules) {
        if (!targetModules.contains(module)) {
          return Map.of(
              "feedforwardModules", "has '" + module + "', which is not among targetModules");
        }
      }
    }
    return TargetModules.conflicts(targetModules);
  }
}
