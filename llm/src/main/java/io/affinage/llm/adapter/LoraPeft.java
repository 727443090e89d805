package io.affinage.llm.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** PEFT's configuration of LoRA and of what is a variant of it there. */
public final class LoraPeft {
  private LoraPeft() {}

  /**
   * PEFT's options that this library does not compute are refused, not ignored. {@code
   * fan_in_fan_out} decides nothing: as in PEFT, how a layer stores its weight does. A regular
   * expression decides nothing either: what it matched stands in the weights' names.
   *
   * @param dora whether the adapter is DoRA
   * @throws LlmException {@code adapter_config_invalid}, {@code adapter_config_unsupported}
   */
  public static LoraConfig read(PeftSource source, DecoderConfig base, boolean dora) {
    Path folder = source.folder();
    PeftConfig peft = PeftConfig.of(folder.resolve(PeftConfig.FILE).toString(), source.json());
    PeftConfig.Targets targets = peft.targets();
    PeftConfig.Variant variant = peft.variant();
    LoraInitialisation.requireUnchangedBase(folder, variant.init());
    source.requireCausal(peft.base());
    refuse(folder, "use_dora", variant.dora() != dora);
    refuse(folder, "lora_bias", variant.loraBias());
    refuse(folder, "bias", !variant.bias().equals("none"));
    refuse(folder, "modules_to_save", !peft.modulesToSave().isEmpty());
    refuse(folder, "exclude_modules", !targets.excluded().isEmpty());
    refuse(folder, "layers_to_transform", !targets.layers().isEmpty());
    refuse(folder, "layers_pattern", targets.layersPattern().isPresent());
    refuse(folder, "rank_pattern", !peft.rank().rankPattern().isEmpty());
    refuse(folder, "alpha_pattern", !peft.rank().alphaPattern().isEmpty());
    return new LoraConfig(
        peft.rank().r(),
        peft.rank().alpha(),
        peft.rank().dropout(),
        variant.rankStabilized(),
        targets
            .pattern()
            .map(
                pattern ->
                    pattern.equals("all-linear")
                        ? List.of(pattern)
                        : AdapterNames.targets(source.weights(), base))
            .orElse(targets.modules()));
  }

  private static void refuse(Path folder, String field, boolean used) {
    if (used) {
      throw new LlmException(
          "adapter_config_unsupported",
          folder + ": '" + field + "' is used, which is not supported");
    }
  }

  /**
   * @param targets the layers that the configuration means
   */
  public static ObjectNode write(
      LoraConfig config,
      DecoderConfig base,
      List<LinearLayer> targets,
      String baseModel,
      boolean dora) {
    return new PeftConfig(
            PeftConfig.Base.causal(baseModel),
            targets(config, base, targets),
            PeftConfig.Rank.of(config.rank(), config.alpha(), config.dropout()),
            new PeftConfig.Variant(config.rankStabilized(), dora, false, "none", "true"),
            List.of(),
            true)
        .json();
  }

  private static PeftConfig.Targets targets(
      LoraConfig config, DecoderConfig base, List<LinearLayer> targets) {
    boolean transposed = targets.stream().anyMatch(LinearLayer::transposed);
    return base.names()
        .enclosing()
        .map(
            whole ->
                PeftConfig.Targets.matching(
                    whole.pattern(
                        targets.stream().map(LinearLayer::path).distinct().sorted().toList()),
                    transposed))
        .orElseGet(() -> PeftConfig.Targets.of(moduleNames(config, targets), transposed));
  }

  /** Module names as PEFT writes them: {@code all-linear} is spelled out. */
  private static List<String> moduleNames(LoraConfig config, List<LinearLayer> targets) {
    List<String> asked = config.targetModules();
    Stream<String> names =
        asked.contains("all-linear")
            ? targets.stream().map(LinearLayer::moduleName)
            : asked.stream();
    return names.distinct().sorted().toList();
  }
}
