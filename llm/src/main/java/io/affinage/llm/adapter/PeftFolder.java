package io.affinage.llm.adapter;

import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * An adapter as Hugging Face PEFT keeps it: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 */
public final class PeftFolder {
  static final String WEIGHTS = "adapter_model.safetensors";

  private PeftFolder() {}

  /** Whether the folder holds an adapter rather than a model. */
  public static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(PeftConfig.FILE));
  }

  /**
   * Writes an adapter.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   * @throws LlmException {@code adapter_is_zero} when nothing was learned; {@code
   *     adapter_not_written}, {@code checkpoint_not_written}
   */
  public static void save(Adapter adapter, Path folder, String baseModel) {
    adapter
        .nothingLearned()
        .ifPresent(
            why -> {
              throw new LlmException(
                  "adapter_is_zero", why + ": nothing was learned, so nothing is saved");
            });
    PeftConfig.write(folder, adapter.peftConfig(baseModel));
    SafetensorsWriter writer = new SafetensorsWriter();
    adapter.stored().forEach(array -> writer.add(array.key(), array.values(), array.shape()));
    writer.write(folder.resolve(WEIGHTS));
    adapter.takenRank().ifPresent(rank -> ChangedBase.write(folder, rank));
  }

  /**
   * Reads back what was written.
   *
   * @throws LlmException {@code export_mismatch} where it is another than the adapter's
   */
  public static void requireStored(Adapter adapter, Path folder) {
    Checkpoint written = weights(folder);
    for (StoredArray array : adapter.stored()) {
      if (!Arrays.equals(array.shape(), written.entry(array.key()).shape())
          || !Arrays.equals(array.values(), written.readFloats(array.key()))) {
        throw new LlmException(
            "export_mismatch", "%s: %s is not what was written".formatted(folder, array.key()));
      }
    }
  }

  static Checkpoint weights(Path folder) {
    return Checkpoint.open(weightsOf(folder));
  }

  /**
   * Loads an adapter that fits the decoder.
   *
   * @throws LlmException {@code adapter_invalid}, {@code adapter_not_finite}, {@code
   *     adapter_config_unsupported}, and what reading configuration and safetensors throws
   */
  public static Adapter load(Decoder decoder, Path folder) {
    PeftSource source = source(decoder, folder);
    return complete(source, AdapterTypes.of(source).load(decoder, source));
  }

  /**
   * Loads a LoRA with the dropout of another configuration, from which it must not differ
   * otherwise.
   *
   * @throws LlmException as above, and {@code adapter_does_not_fit}
   */
  public static LoraAdapter loadAs(Decoder decoder, Path folder, LoraConfig wanted) {
    PeftSource source = requireSame(decoder, folder, wanted, false);
    return complete(source, LoraType.load(decoder, source, wanted));
  }

  /** The same of DoRA. */
  public static DoraAdapter loadDoraAs(Decoder decoder, Path folder, LoraConfig wanted) {
    PeftSource source = requireSame(decoder, folder, wanted, true);
    return complete(source, DoraAdapter.of(decoder, wanted, source));
  }

  private static PeftSource requireSame(
      Decoder decoder, Path folder, LoraConfig wanted, boolean dora) {
    PeftSource source = source(decoder, folder);
    DecoderConfig base = decoder.config();
    LoraConfig stored = LoraPeft.read(source, base, dora);
    boolean same =
        stored.rank() == wanted.rank()
            && stored.alpha() == wanted.alpha()
            && stored.rankStabilized() == wanted.rankStabilized()
            && base.targets(stored.targetModules()).equals(base.targets(wanted.targetModules()));
    if (!same) {
      throw new LlmException(
          "adapter_does_not_fit",
          "%s is %s, but %s is to be trained on".formatted(folder, stored, wanted));
    }
    return source;
  }

  private static PeftSource source(Decoder decoder, Path folder) {
    return new PeftSource(
        folder, PeftConfig.json(folder), AdapterNames.of(weights(folder), decoder.config()));
  }

  private static <A extends Adapter> A complete(PeftSource source, A adapter) {
    try {
      source.requireAllRead();
      return adapter;
    } catch (LlmException e) {
      adapter.close();
      throw e;
    }
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
}
