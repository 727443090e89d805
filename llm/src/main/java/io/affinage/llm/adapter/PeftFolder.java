package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A LoRA adapter as Hugging Face PEFT keeps it: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 */
public final class PeftFolder {
  private static final String WEIGHTS = "adapter_model.safetensors";

  private PeftFolder() {}

  /** Whether the folder holds an adapter rather than a model. */
  public static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(PeftConfig.FILE));
  }

  /**
   * Writes an adapter.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   * @throws LlmException {@code adapter_is_zero} when B is all zeros: nothing was learned; {@code
   *     adapter_not_written}, {@code checkpoint_not_written}
   */
  public static void save(LoraAdapter adapter, Path folder, String baseModel) {
    double norm = adapter.normOfB();
    if (!(norm > 0) || !Double.isFinite(norm)) {
      throw new LlmException(
          "adapter_is_zero",
          "the adapter's B matrices have norm "
              + norm
              + ": nothing was learned, so nothing is saved");
    }
    config(adapter, baseModel).write(folder);
    SafetensorsWriter writer = new SafetensorsWriter();
    adapter.forEachMatrix(
        (key, array) -> writer.add(key, array.toFloatArray(), array.getShape().getShape()));
    writer.write(folder.resolve(WEIGHTS));
  }

  private static PeftConfig config(LoraAdapter adapter, String baseModel) {
    LoraConfig config = adapter.config();
    return new PeftConfig(
        new PeftConfig.Base(baseModel, Optional.empty(), "CAUSAL_LM"),
        targets(adapter),
        PeftConfig.Rank.of(config.rank(), config.alpha(), config.dropout()),
        new PeftConfig.Variant(config.rankStabilized(), false, false, "none", "true"),
        List.of(),
        true);
  }

  private static PeftConfig.Targets targets(LoraAdapter adapter) {
    boolean transposed = adapter.targets().stream().anyMatch(LinearLayer::transposed);
    return adapter
        .base()
        .names()
        .enclosing()
        .map(
            whole ->
                PeftConfig.Targets.matching(
                    whole.pattern(
                        adapter.targets().stream()
                            .map(LinearLayer::path)
                            .distinct()
                            .sorted()
                            .toList()),
                    transposed))
        .orElseGet(() -> PeftConfig.Targets.of(moduleNames(adapter), transposed));
  }

  /** Module names as PEFT writes them: {@code all-linear} is spelled out. */
  private static List<String> moduleNames(LoraAdapter adapter) {
    List<String> asked = adapter.config().targetModules();
    Stream<String> names =
        asked.contains("all-linear")
            ? adapter.targets().stream().map(LinearLayer::moduleName)
            : asked.stream();
    return names.distinct().sorted().toList();
  }

  /**
   * Loads an adapter that fits the decoder.
   *
   * @throws LlmException {@code adapter_invalid}, {@code adapter_not_finite}, {@code
   *     adapter_config_unsupported}, and what reading configuration and safetensors throws
   */
  public static LoraAdapter load(Decoder decoder, Path folder) {
    return load(decoder, folder, UnaryOperator.identity());
  }

  /**
   * As above, with the dropout of another configuration, from which the adapter must not differ
   * otherwise.
   *
   * @throws LlmException as above, and {@code adapter_does_not_fit}
   */
  public static LoraAdapter loadAs(Decoder decoder, Path folder, LoraConfig wanted) {
    return load(
        decoder,
        folder,
        stored -> {
          DecoderConfig base = decoder.config();
          boolean same =
              stored.rank() == wanted.rank()
                  && stored.alpha() == wanted.alpha()
                  && stored.rankStabilized() == wanted.rankStabilized()
                  && base.targets(stored.targetModules())
                      .equals(base.targets(wanted.targetModules()));
          if (!same) {
            throw new LlmException(
                "adapter_does_not_fit",
                "%s is %s, but %s is to be trained on".formatted(folder, stored, wanted));
          }
          return wanted;
        });
  }

  private static LoraAdapter load(
      Decoder decoder, Path folder, UnaryOperator<LoraConfig> configuration) {
    PeftConfig peft = PeftConfig.read(folder);
    Checkpoint weights = AdapterNames.of(Checkpoint.open(weightsOf(folder)), decoder.config());
    LoraConfig config = configuration.apply(config(folder, peft, weights, decoder.config()));
    Set<String> unused = new TreeSet<>(weights.names());
    LoraAdapter adapter =
        LoraAdapter.of(
            decoder,
            config,
            (block, layer, matrix, shape) -> {
              String key = LoraAdapter.key(decoder.config(), block, layer, matrix);
              unused.remove(key);
              return read(weights, key, shape);
            });
    if (!unused.isEmpty()) {
      adapter.close();
      throw new LlmException(
          "adapter_invalid",
          folder + " has matrices that the base model has no place for: " + unused);
    }
    return adapter;
  }

  /** Copies an adapter's matrices as they are into another folder. */
  public static void copyWeights(Path from, Path to) throws IOException {
    // By its content, so that the copy may be changed where the original may not.
    try (InputStream weights = Files.newInputStream(weightsOf(from))) {
      Files.copy(weights, to.resolve(WEIGHTS));
    }
  }

  private static Path weightsOf(Path folder) {
    Path weights = folder.resolve(WEIGHTS);
    Path pickle = folder.resolve("adapter_model.bin");
    if (!Files.exists(weights) && Files.exists(pickle)) {
      throw new LlmException(
          "checkpoint_wrong_file",
          "%s is a PyTorch pickle, which is not read, since it can run code: load and save the adapter with PEFT, which writes %s"
              .formatted(pickle, WEIGHTS));
    }
    return weights;
  }

  private static float[] read(Checkpoint weights, String key, Shape shape) {
    TensorEntry entry = weights.entry(key);
    if (!Arrays.equals(entry.shape(), shape.getShape())) {
      throw new LlmException(
          "adapter_invalid",
          "%s: %s is %s, but the base model needs %s"
              .formatted(entry.file(), key, Arrays.toString(entry.shape()), shape));
    }
    float[] values = weights.readFloats(key);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new LlmException(
            "adapter_not_finite",
            "%s: %s has %s at [%d, %d]: the file is damaged, or the training that wrote it diverged"
                .formatted(entry.file(), key, values[i], i / shape.get(1), i % shape.get(1)));
      }
    }
    return values;
  }

  /**
   * PEFT's options that this library does not compute are refused, not ignored. {@code
   * fan_in_fan_out} decides nothing: as in PEFT, how a layer stores its weight does. A regular
   * expression decides nothing either: what it matched stands in the weights' names.
   */
  private static LoraConfig config(
      Path folder, PeftConfig peft, Checkpoint weights, DecoderConfig base) {
    PeftConfig.Targets targets = peft.targets();
    PeftConfig.Variant variant = peft.variant();
    LoraInitialisation.requireUnchangedBase(folder, variant.init());
    if (!peft.base().taskType().equals("CAUSAL_LM")) {
      throw new LlmException(
          "adapter_config_unsupported",
          "%s: task_type %s is not supported; supported is CAUSAL_LM"
              .formatted(folder, peft.base().taskType()));
    }
    refuse(folder, "use_dora", variant.dora());
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
                        : AdapterNames.targets(weights, base))
            .orElse(targets.modules()));
  }

  private static void refuse(Path folder, String field, boolean used) {
    if (used) {
      throw new LlmException(
          "adapter_config_unsupported",
          folder + ": '" + field + "' is used, which is not supported");
    }
  }
}
