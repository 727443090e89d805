package io.affinage.trainer.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.BottleneckSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.Ia3Spec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.adapter.PrefixTuningSpec;
import io.affinage.events.adapter.PromptTuningSpec;
import io.affinage.events.spec.Choices;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.DecomposedBase;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.LoraStart;
import io.affinage.llm.adapter.bottleneck.BottleneckAdapter;
import io.affinage.llm.adapter.bottleneck.BottleneckConfig;
import io.affinage.llm.adapter.bottleneck.Nonlinearity;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.adapter.ia3.Ia3Adapter;
import io.affinage.llm.adapter.ia3.Ia3Config;
import io.affinage.llm.adapter.prefix.PrefixAdapter;
import io.affinage.llm.adapter.prefix.PrefixConfig;
import io.affinage.llm.adapter.prefix.PrefixInitialisation;
import io.affinage.llm.adapter.prompt.PromptAdapter;
import io.affinage.llm.adapter.prompt.PromptConfig;
import io.affinage.llm.adapter.prompt.PromptInitialisation;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.trainer.engine.BaseFolders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The adapter of a resolved specification, in the model library's terms. */
final class AdapterOfSpec {
  /** What an adapter that is trained further began with says nothing about it. */
  private static final List<String> OF_THE_BEGINNING =
      List.of("prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_name_or_path");

  private AdapterOfSpec() {}

  /**
   * A new adapter, or one that is trained further; none where weights of the model are trained.
   *
   * @param parent a PEFT folder
   * @throws LlmException {@code invalid_adapter}, {@code adapter_does_not_fit} where the parent is
   *     another adapter than the specification says, and what reading it throws
   */
  static Optional<Adapter> open(TrainingSpec spec, LanguageModel model, Optional<Path> parent) {
    if (spec.adapter() instanceof NoAdapter) {
      return Optional.empty();
    }
    int context = model.decoder().shape().maxPositions();
    if (virtualTokens(spec.adapter()) >= context) {
      throw new LlmException(
          "invalid_adapter",
          "adapter.num_virtual_tokens is %d, which leaves nothing of the model's context of %d tokens"
              .formatted(virtualTokens(spec.adapter()), context));
    }
    return Optional.of(
        parent.isPresent()
            ? continued(spec, model, parent.get())
            : created(spec.adapter(), model, spec.seed()));
  }

  /**
   * The base parted into what a new adapter begins with and the rest, where the specification asks
   * for it.
   *
   * @throws LlmException {@code lora_start_unsupported}, {@code invalid_adapter}
   */
  static Optional<DecomposedBase> decomposed(TrainingSpec spec, BaseFolders base) {
    if (base.adapter().isPresent()
        || !(spec.adapter() instanceof LoraSpec lora)
        || !lora.decomposes()) {
      return Optional.empty();
    }
    return Optional.of(
        DecomposedBase.of(
            Checkpoint.open(base.model()),
            config(lora),
            lora.initLoraWeights().equals(LoraSpec.PISSA)
                ? new LoraStart.Pissa()
                : new LoraStart.LoftQ(lora.loftqIter()),
            SettingsOfSpec.weightForm(spec.quantization())));
  }

  /** Tokens of the model's context that the adapter takes. */
  static int virtualTokens(AdapterSpec adapter) {
    if (adapter instanceof PromptTuningSpec prompt) {
      return prompt.numVirtualTokens();
    }
    return adapter instanceof PrefixTuningSpec prefix ? prefix.numVirtualTokens() : 0;
  }

  /** Probability of the dropout in front of low-rank matrices; other types have none. */
  static double dropout(AdapterSpec adapter) {
    if (adapter instanceof LoraSpec lora) {
      return lora.loraDropout();
    }
    return adapter instanceof DoraSpec dora ? dora.loraDropout() : 0;
  }

  private static Adapter created(AdapterSpec spec, LanguageModel model, long seed) {
    Decoder decoder = model.decoder();
    if (spec instanceof LoraSpec lora) {
      return LoraAdapter.initialise(decoder, config(lora), seed);
    }
    if (spec instanceof DoraSpec dora) {
      return DoraAdapter.initialise(decoder, config(dora), seed);
    }
    if (spec instanceof Ia3Spec ia3) {
      return Ia3Adapter.initialise(
          decoder,
          Ia3Config.of(
              decoder.config(),
              Optional.ofNullable(ia3.targetModules()),
              Optional.ofNullable(ia3.feedforwardModules())));
    }
    if (spec instanceof BottleneckSpec bottleneck) {
      return BottleneckAdapter.initialise(decoder, config(bottleneck), seed);
    }
    if (spec instanceof PromptTuningSpec prompt) {
      return PromptAdapter.initialise(
          decoder, new PromptConfig(prompt.numVirtualTokens(), initial(prompt, model)), seed);
    }
    if (spec instanceof PrefixTuningSpec prefix) {
      // Random numbers, PEFT's own beginning, are far from any key or value of a trained model.
      return PrefixAdapter.initialise(
          decoder,
          new PrefixConfig(prefix.numVirtualTokens()),
          new PrefixInitialisation.SampledVocabulary(),
          seed);
    }
    throw new LlmException(
        "unsupported_adapter",
        "this trainer cannot train adapters of the type '%s'"
            .formatted(Choices.name(AdapterSpec.class, spec)));
  }

  private static LoraConfig config(LoraSpec lora) {
    return new LoraConfig(
        lora.rank(), lora.loraAlpha(), lora.loraDropout(), lora.useRslora(), lora.targetModules());
  }

  private static LoraConfig config(DoraSpec dora) {
    return new LoraConfig(
        dora.rank(), dora.loraAlpha(), dora.loraDropout(), dora.useRslora(), dora.targetModules());
  }

  private static BottleneckConfig config(BottleneckSpec spec) {
    Nonlinearity nonLinearity =
        Nonlinearity.named(spec.nonLinearity())
            .orElseThrow(
                () ->
                    new LlmException(
                        "invalid_adapter",
                        "adapter.non_linearity '%s' does not exist here"
                            .formatted(spec.nonLinearity())));
    return BottleneckConfig.houlsby(spec.reductionFactor(), nonLinearity);
  }

  private static PromptInitialisation initial(PromptTuningSpec prompt, LanguageModel model) {
    return switch (prompt.init()) {
      case "text" ->
          PromptInitialisation.Text.of(
              prompt.initText(), model.tokenizer().encodeWithSpecialTokens(prompt.initText()));
      case "random" -> new PromptInitialisation.Random();
      default -> new PromptInitialisation.SampledVocabulary();
    };
  }

  private static Adapter continued(TrainingSpec spec, LanguageModel model, Path parent) {
    if (spec.adapter() instanceof LoraSpec lora) {
      return model.continueAdapter(parent, config(lora));
    }
    if (spec.adapter() instanceof DoraSpec dora) {
      return model.continueDora(parent, config(dora));
    }
    Adapter stored = model.loadAdapter(parent);
    try (Adapter wanted = created(spec.adapter(), model, spec.seed())) {
      if (!form(stored).equals(form(wanted))) {
        throw new LlmException(
            "adapter_does_not_fit",
            "%s is %s, but %s is to be trained on".formatted(parent, form(stored), form(wanted)));
      }
      return stored;
    } catch (RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private static ObjectNode form(Adapter adapter) {
    return adapter.peftConfig("").without(OF_THE_BEGINNING);
  }
}
