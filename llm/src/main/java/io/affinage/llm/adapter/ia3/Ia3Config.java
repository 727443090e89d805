package io.affinage.llm.adapter.ia3;

import io.affinage.llm.error.LlmException;
import java.util.List;

/**
 * IA3 (Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than
 * In-Context Learning").
 *
 * @param targetModules the layers that get a vector, by PEFT's module names
 * @param feedForwardModules those of them whose input is scaled, not their output
 */
public record Ia3Config(List<String> targetModules, List<String> feedForwardModules) {

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
