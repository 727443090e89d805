package io.affinage.llm.adapter;

import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * PEFT's {@code init_lora_weights}. Most ways only fill the matrices, and what became of them lies
 * in the file. Others also take the matrices' product out of the base's weights: such an adapter
 * belongs to that changed base, which no file holds.
 */
final class LoraInitialisation {
  private static final Set<String> MATRICES_ALONE =
      Set.of("true", "false", "gaussian", "orthogonal", "eva");

  private static final List<String> CHANGING_THE_BASE =
      List.of("pissa", "olora", "corda", "loftq", "lora_ga");

  private LoraInitialisation() {}

  /**
   * @param init as the configuration says it
   * @throws LlmException {@code adapter_config_unsupported}
   */
  static void requireUnchangedBase(Path folder, String init) {
    String name = init.toLowerCase(Locale.ROOT);
    if (MATRICES_ALONE.contains(name)) {
      return;
    }
    String why;
    if (CHANGING_THE_BASE.stream().anyMatch(name::startsWith)) {
      why =
          "changes the weights of the base, so the adapter does not belong to the base as its files"
              + " have it. Convert it in PEFT: save_pretrained with"
              + " path_initial_model_for_weight_conversion writes a plain LoRA (not for loftq), or"
              + " merge_and_unload gives a whole model";
    } else if (name.equals("mica")) {
      why =
          "freezes B, which is not supported here. Merge it in PEFT (merge_and_unload), or set it to"
              + " true: what is computed stays the same, and training then changes B too";
    } else {
      why = "is not known; supported are true, false, gaussian, orthogonal, eva";
    }
    throw new LlmException(
        "adapter_config_unsupported", "%s: init_lora_weights = %s %s".formatted(folder, init, why));
  }
}
