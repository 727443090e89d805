package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Writes reward models as PEFT and transformers keep them, for sequence classification with one
 * label, and holds what was written to the live model's scores. The tokenizer lies beside the
 * weights, also of an adapter: its padding token is another than the base's, one that no text has.
 *
 * <p>Error codes: {@code export_mismatch}, {@code export_target_not_empty}, {@code
 * export_not_written}, {@code adapter_not_written}, {@code adapter_is_zero}.
 */
public final class RewardExport {
  /** Weights are stored as they are, so scores are the same but for the order of threads' sums. */
  private static final double LIMIT = 1e-5;

  /** An adapter's product is added to a weight before it meets a text, not behind. */
  private static final double MERGED_LIMIT = 1e-4;

  /** Of weights rounded to 16 bits. */
  private static final double HALF_LIMIT = 0.1;

  private static final List<Integer> PROBES = List.of(48, 16, 7, 1);

  private RewardExport() {}

  /**
   * An adapter with its head.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   */
  public static Exported adapter(
      LanguageModel model,
      ScoredAdapter trained,
      Rendering rendering,
      Path folder,
      String baseModel) {
    trained
        .adapter()
        .nothingLearned()
        .ifPresent(
            why -> {
              throw new LlmException(
                  "adapter_is_zero", why + ": nothing was learned, so nothing is saved");
            });
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      trained.save(staged.path(), baseModel);
      tokenizer(model, rendering).writeTo(staged.path());
      rendering.write(staged.path());
      double error;
      try (RewardModel written = RewardModel.open(model, staged.path())) {
        error =
            require(new Live(model, trained.adapter(), trained.head(), rendering), written, LIMIT);
      }
      return published(staged, folder, error);
    } catch (IOException e) {
      throw notWritten(folder, e);
    }
  }

  /** A model of its own, whose weights are written as the live model holds them. */
  public static Exported whole(
      LanguageModel model, ScalarHead head, Rendering rendering, Path folder, ModelCard card) {
    StorageType type =
        switch (model.decoder().precision()) {
          case FLOAT32 -> StorageType.F32;
          case FLOAT16 -> StorageType.F16;
          case BFLOAT16 -> StorageType.BF16;
        };
    Live live = new Live(model, model.decoder().withoutAdapter(), head, rendering);
    return whole(
        live,
        new DecoderWeights(model.decoder()),
        folder,
        card,
        type,
        ModelExport.SHARD_BYTES,
        LIMIT);
  }

  /**
   * A reward model's files as a model of its own, an adapter merged into its base.
   *
   * @param base of the adapter, or the reward model itself
   * @param trained the form of the base when the adapter was trained, whose numbers it is added to
   * @param adapter a PEFT folder for {@code SEQ_CLS}
   * @param device where the model is asked; null for {@code auto}
   * @param type F32, F16 or BF16
   */
  static Exported ofFiles(
      Path base,
      WeightForm trained,
      Optional<Path> adapter,
      Path folder,
      ModelCard card,
      String device,
      StorageType type,
      long shardBytes) {
    Compute compute = Compute.of(device, "float32");
    double limit = type == StorageType.F32 ? MERGED_LIMIT : HALF_LIMIT;
    if (adapter.isEmpty()) {
      RewardModel.Body read = RewardModel.body(base, compute);
      try (LanguageModel model = read.model();
          ScalarHead head =
              ScalarHead.of(model.decoder(), read.head(), read.rendering().padding())) {
        Live live = new Live(model, model.decoder().withoutAdapter(), head, read.rendering());
        Weights weights = new DecoderWeights(model.decoder());
        return whole(live, weights, folder, card, type, shardBytes, limit);
      }
    }
    try (LanguageModel model =
        RewardModel.isWhole(base)
            ? RewardModel.openBase(base, compute)
            : LanguageModel.open(base, compute, WeightForm.PLAIN, trained)) {
      Weights weights = new DecoderWeights(model.decoder());
      Rendering rendering =
          Rendering.read(adapter.get())
              .orElseThrow(
                  () ->
                      new LlmException(
                          "reward_model_invalid",
                          "%s has no %s, so nothing says how its texts are written and padded"
                              .formatted(adapter.get(), Rendering.FILE)));
      try (ScoredAdapter scored =
          ScoredAdapter.load(model.decoder(), adapter.get(), rendering.padding())) {
        Live live = new Live(model, scored.adapter(), scored.head(), rendering);
        return whole(
            live,
            new MergedWeights(weights, LayerUpdate.of(model.decoder(), scored.adapter())),
            folder,
            card,
            type,
            shardBytes,
            limit);
      }
    }
  }

  /** What scores as the files shall. */
  private record Live(
      LanguageModel model, BlockAdapter adapter, ScalarHead head, Rendering rendering) {}

  private static Exported whole(
      Live live,
      Weights weights,
      Path folder,
      ModelCard card,
      StorageType type,
      long shardBytes,
      double limit) {
    LanguageModel model = live.model();
    try (StagedFolder staged = StagedFolder.beside(folder)) {
      HuggingFaceFiles.writeClassifier(
          staged.path(),
          model.decoder().config(),
          weights,
          live.head().values(),
          tokenizer(model, live.rendering()),
          type,
          shardBytes);
      live.rendering().write(staged.path());
      staged.text("README.md", card.noting(model.notes()).rewardModelMarkdown("transformers"));
      Compute compute =
          new Compute(
              model.decoder().manager().getDevice().isGpu()
                  ? "cuda:" + model.decoder().manager().getDevice().getDeviceId()
                  : "cpu",
              Optional.of(model.decoder().precision()));
      double error;
      try (RewardModel written = RewardModel.open(staged.path(), compute)) {
        error = require(live, written, limit);
      }
      return published(staged, folder, error);
    } catch (IOException e) {
      throw notWritten(folder, e);
    }
  }

  private static TokenizerDefinition tokenizer(LanguageModel model, Rendering rendering) {
    return rendering.padding().isPresent()
        ? model.definition().withPad(rendering.padding().getAsInt())
        : model.definition();
  }

  /** The largest difference of the scores, over their size or 1. */
  private static double require(Live live, RewardModel written, double limit) {
    Random random = new Random(1);
    int vocabulary = live.model().decoder().shape().vocabularySize();
    List<TokenizedExample> texts =
        PROBES.stream()
            .map(length -> Math.min(length, written.longestText()))
            .map(length -> random.ints(length, 0, vocabulary).toArray())
            .map(ids -> new TokenizedExample("probe", ids, new int[0]))
            .toList();
    float[] expected = live.head().scores(live.model().decoder(), live.adapter(), texts);
    float[] found = written.scores(texts);
    double worst = 0;
    for (int i = 0; i < found.length; i++) {
      double error = Math.abs(found[i] - (double) expected[i]) / Math.max(1, Math.abs(expected[i]));
      worst = Math.max(worst, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
    }
    if (!(worst <= limit)) {
      throw new LlmException(
          "export_mismatch",
          "the written files were read back and their scores differ from the live model's by %.3g, where %.3g is allowed; nothing was kept"
              .formatted(worst, limit));
    }
    return worst;
  }

  private static Exported published(StagedFolder staged, Path folder, double error) {
    List<ExportedFile> files = staged.files();
    staged.publish();
    return new Exported(folder, files, error);
  }

  private static LlmException notWritten(Path folder, IOException e) {
    return new LlmException(
        "export_not_written", "%s cannot be written: %s".formatted(folder, e.getMessage()), e);
  }
}
