package io.affinage.llm.adapter.ia3;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * IA3 (Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than
 * In-Context Learning").
 *
 * @param targetModules the layers that get a vector, by PEFT's module names
 * @param feedForwardModules those of them whose input is scaled, not their output
 */
public record Ia3Config(List<String> targetModules, List<String> feedForwardModules) {

  /**
   * With PEFT's choice for what is not given: keys, values and the last layer of the feed-forward,
   * of which the last reads what is scaled.
   *
   * @param targets the layers that get a vector; {@code all-linear} means every one
   * @param feedForward those of them whose input is scaled
   */
  public static Ia3Config of(
      DecoderConfig base, Optional<List<String>> targets, Optional<List<String>> feedForward) {
    Set<LinearSlot> slots =
        base.attention().packing() == Packing.SEPARATE
            ? EnumSet.of(LinearSlot.K, LinearSlot.V, LinearSlot.DOWN)
            : EnumSet.of(LinearSlot.Q, LinearSlot.DOWN);
    boolean all = targets.filter(names -> names.contains("all-linear")).isPresent();
    List<String> chosen =
        all || targets.isEmpty()
            ? names(base, layer -> all || slots.contains(layer.slot()))
            : targets.get();
    List<String> last = names(base, layer -> layer.slot() == LinearSlot.DOWN);
    return new Ia3Config(
        chosen, feedForward.orElseGet(() -> chosen.stream().filter(last::contains).toList()));
  }

  /** Names of layers: a module's, or its path where another layer has the same. */
  private static List<String> names(DecoderConfig base, Predicate<LinearLayer> chosen) {
    return base.linears().stream()
        .filter(chosen)
        .map(
            layer ->
                base.linears().stream()
                            .filter(each -> each.moduleName().equals(layer.moduleName()))
                            .count()
                        == 1
                    ? layer.moduleName()
                    : layer.path())
        .toList();
  }

  public Ia3Config {
    targetModules = List.copyOf(targetModules);
    feedForwardModules = List.copyOf(feedForwardModules);
    if (targetModules.isEmpty()) {
      throw new LlmException("invalid_adapter", "IA3 needs at least one target module");
    }
    for (String module : feedForwardModules) {
      if (!targetModules.contains(module)) {
        throw new LlmException(
            "invalid_adapter",
            "IA3's feedforward_modules must be among its target_modules, but %s is not in %s"
                .formatted(module, targetModules));
      }
    }
  }
}
