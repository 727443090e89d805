package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.ChangedBase;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes a model, with an adapter merged into it where there is one. Each method fills a new
 * folder: files are written beside it, read back as a user would, held against the live model
 * (every weight, the tokenizer, the logits), and only then moved into place with their checksums. A
 * failure leaves nothing behind. Writing needs memory for a few rows of a weight; reading back
 * needs the model a second time.
 *
 * <p>Error codes: {@code export_mismatch}, {@code export_target_not_empty}, {@code
 * export_not_written}, {@code export_unsupported}, {@code export_type_unsupported}, {@code
 * weight_not_storable}, {@code unsupported_tokenizer}, {@code unsupported_pre_tokenizer}, {@code
 * checkpoint_not_written}.
 */
public final class ModelExport {
  /** Hugging Face's default size of a shard. */
  public static final long SHARD_BYTES = 5_000_000_000L;

  private final DecoderConfig config;
  private final Weights weights;
  private final List<LayerUpdate> updates;
  private final TokenizerDefinition tokenizer;
  private final ReadBack readBack;
  private final ModelCard card;

  private ModelExport(
      DecoderConfig config,
      Weights base,
      List<LayerUpdate> updates,
      TokenizerDefinition tokenizer,
      LogitProbe probe,
      Compute compute,
      ModelCard card) {
    this.config = config;
    this.weights = updates.isEmpty() ? base : new MergedWeights(base, updates);
    this.updates = updates;
    this.tokenizer = tokenizer;
    this.readBack = new ReadBack(config, weights, tokenizer, probe, compute);
    this.card = card;
  }

  /** A live model, which must stay open; its weights are written as it holds them. */
  public static ModelExport of(LanguageModel model, Optional<Adapter> adapter, ModelCard card) {
    Decoder decoder = model.decoder();
    return new ModelExport(
        decoder.config(),
        new DecoderWeights(decoder),
        adapter.map(each -> LayerUpdate.of(decoder, each)).orElse(List.of()),
        model.definition(),
        LogitProbe.of(
            model, adapter.<BlockAdapter>map(lora -> lora).orElse(decoder.withoutAdapter())),
        compute(decoder),
        card.noting(model.notes()));
  }

  /**
   * A model's files, with an adapter's: weights are streamed from them, exact whatever precision
   * the model computes in.
   *
   * @param base what {@link LanguageModel#open} takes
   * @param adapter a PEFT folder
   */
  public static ModelExport ofFiles(
      Path base, Optional<Path> adapter, Compute compute, ModelCard card) {
    return ofFiles(base, WeightForm.PLAIN, adapter, compute, card);
  }

  /**
   * The same of an adapter that was trained beside weights in another form: it is added to the
   * numbers that they have there.
   *
   * @param trained the form of the base in that training
   * @throws LlmException {@code export_unsupported} for a quantized folder whose weights lie
   *     otherwise than plain ones
   */
  public static ModelExport ofFiles(
      Path base, WeightForm trained, Optional<Path> adapter, Compute compute, ModelCard card) {
    try (LanguageModel model =
        LanguageModel.open(base, compute, WeightForm.PLAIN, trained, adapter)) {
      Decoder decoder = model.decoder();
      List<LayerUpdate> updates = List.of();
      LogitProbe probe;
      if (adapter.isPresent()) {
        try (Adapter lora = model.loadAdapter(adapter.get())) {
          updates = LayerUpdate.of(decoder, lora);
          probe = LogitProbe.of(model, lora);
        }
      } else {
        probe = LogitProbe.of(model, decoder.withoutAdapter());
      }
      return new ModelExport(
          decoder.config(),
          CheckpointWeights.of(
              ChangedBase.beside(Checkpoint.open(base), trained, adapter), decoder),
          updates,
          model.definition(),
          probe,
          compute(decoder),
          card.noting(model.notes()));
    }
  }

  /** Device and precision as the live model has them. */
  private static Compute compute(Decoder decoder) {
    var device = decoder.manager().getDevice();
    return new Compute(
        device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu", Optional.of(decoder.precision()));
  }

  /** A Hugging Face folder in the precision that the model computes in, in shards of 5 GB. */
  public Exported huggingFace(Path folder) {
    StorageType type =
        switch (readBack.compute().precision().orElseThrow()) {
          case FLOAT32 -> StorageType.F32;
          case FLOAT16 -> StorageType.F16;
          case BFLOAT16 -> StorageType.BF16;
        };
    return huggingFace(folder, type, SHARD_BYTES);
  }

  /**
   * A folder that transformers loads: {@code config.json}, weights, tokenizer, {@code
   * generation_config.json}, {@code README.md}, {@code SHA256SUMS}.
   *
   * @param type F32, F16 or BF16
   * @param shardBytes the most bytes of one weights file (a larger weight has its own)
   */
  public Exported huggingFace(Path folder, StorageType type, long shardBytes) {
    if (type != StorageType.F32 && type != StorageType.F16 && type != StorageType.BF16) {
      throw new LlmException(
          "export_type_unsupported",
          "a Hugging Face folder is written as f32, f16 or bf16, not as "
              + type.name().toLowerCase(Locale.ROOT));
    }
    return export(
        folder,
        type,
        staging -> {
          HuggingFaceFiles.write(staging, config, weights, tokenizer, type, shardBytes);
          return staging;
        });
  }

  /** A folder with one GGUF file that llama.cpp loads, {@code README.md}, {@code SHA256SUMS}. */
  public Exported gguf(Path folder, GgufMix mix) {
    return export(
        folder,
        mix.mainType(),
        staging -> {
          Path file = staging.resolve("model-" + mix.name().toLowerCase(Locale.ROOT) + ".gguf");
          GgufModelFile.write(file, card.name(), config, weights, tokenizer, mix);
          return file;
        });
  }

  private interface Writer {
    /** Returns what is to be opened. */
    Path write(Path staging) throws IOException;
  }

  private Exported export(Path folder, StorageType type, Writer writer) {
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      Path written = writer.write(staged.path());
      double error = readBack.require(written, type);
      staged.text("README.md", card.markdown());
      List<ExportedFile> files = staged.files();
      staged.checksums(files);
      staged.publish();
      return new Exported(folder, files, error);
    } catch (IOException e) {
      throw new LlmException(
          "export_not_written", "%s cannot be written: %s".formatted(folder, e.getMessage()), e);
    }
  }

  /**
   * A folder with one GGUF file of the adapter alone, which llama.cpp puts beside the base model's
   * GGUF.
   *
   * @throws LlmException {@code export_unsupported} where there is no adapter
   */
  public Exported ggufAdapter(Path folder) {
    if (updates.isEmpty()) {
      throw new LlmException(
          "export_unsupported", "there is no adapter: export the whole model as gguf");
    }
    if (!updates.stream().allMatch(update -> update.update().isSum())) {
      throw new LlmException(
          "export_unsupported",
          "llama.cpp has files for LoRA alone, and this adapter does more than add to weights: export the whole model as gguf");
    }
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      Path file = staged.path().resolve("adapter.gguf");
      GgufAdapterFile.write(file, card.name(), config, updates);
      new GgufAdapterReadBack(config, updates).require(file);
      List<ExportedFile> files = staged.files();
      staged.checksums(files);
      staged.publish();
      return new Exported(folder, files, 0);
    }
  }
}
