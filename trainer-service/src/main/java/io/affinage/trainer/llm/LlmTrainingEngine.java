package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.export.AdapterExport;
import io.affinage.llm.export.Exported;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.text.TokenizerDefinition;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingInputs;
import io.affinage.llm.training.TrainingRun;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import io.affinage.trainer.engine.TrainingListener;
import io.affinage.trainer.engine.TrainingOutcome;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trains with the model library: LoRA or all weights, on answers or on documents. */
public final class LlmTrainingEngine implements TrainingEngine {
  private static final int HELD_OUT_BATCH = 8;
  private static final double RMS_NORM_EPSILON = 1e-5;
  private static final double ROPE_THETA = 10_000;

  private final String device;

  /**
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
   */
  public LlmTrainingEngine(String device) {
    this.device = device;
  }

  @Override
  public TrainingOutcome run(
      TrainingJob job,
      Path datasetFolder,
      Optional<Path> baseModelFolder,
      Optional<Path> resumeFrom,
      Path workFolder,
      TrainingListener listener)
      throws TrainingException {
    try {
      TrainingSpec spec = job.spec();
      List<Example> examples = DatasetRows.read(datasetFolder, "train");
      List<Example> heldOut = DatasetRows.read(datasetFolder, "validation");
      String dtype = ComputeNote.dtype(resumeFrom, spec.dtype());
      try (LanguageModel model = model(spec, examples, baseModelFolder, dtype);
          LoraAdapter lora = lora(spec, model)) {
        TrainingRows rows = TrainingRows.of(examples, spec, model);
        List<TokenizedExample> watched = watched(heldOut, spec, model);
        return train(job, model, lora, rows, watched, resumeFrom, workFolder, listener);
      }
    } catch (LlmException e) {
      throw new TrainingException(e.code(), e.getMessage(), null, e);
    }
  }

  private LanguageModel model(
      TrainingSpec spec, List<Example> examples, Optional<Path> baseFolder, String dtype) {
    Compute compute = Compute.of(device, dtype);
    if (baseFolder.isPresent()) {
      return LanguageModel.open(baseFolder.get(), compute);
    }
    TrainingSpec.Architecture shape = spec.architecture();
    TokenizerDefinition tokenizer =
        BpeTrainer.train(
            examples.stream().map(TrainingRows::document).toList(),
            BpeTrainer.Settings.chatMl(shape.vocabularySize()));
    return LanguageModel.initialise(
        DecoderConfig.llama(
            new DecoderShape(
                shape.vocabularySize(),
                shape.hiddenSize(),
                shape.intermediateSize(),
                shape.layers(),
                shape.heads(),
                shape.kvHeads(),
                shape.hiddenSize() / shape.heads(),
                shape.contextLength(),
                true),
            RMS_NORM_EPSILON,
            ROPE_THETA),
        tokenizer,
        spec.seed(),
        compute);
  }

  /** Null where all weights are trained. */
  private static LoraAdapter lora(TrainingSpec spec, LanguageModel model) {
    if (SettingsOfSpec.wholeModel(spec)) {
      return null;
    }
    TrainingSpec.Adapter asked = spec.adapter();
    LoraConfig config =
        new LoraConfig(
            asked.rank(),
            asked.loraAlpha(),
            asked.loraDropout(),
            asked.useRslora(),
            asked.targetModules());
    return LoraAdapter.initialise(model.decoder(), config, spec.seed());
  }

  private static List<TokenizedExample> watched(
      List<Example> heldOut, TrainingSpec spec, LanguageModel model) {
    if (heldOut.isEmpty()) {
      return List.of();
    }
    List<Example> some = heldOut.subList(0, Math.min(spec.evaluation().maxRows(), heldOut.size()));
    return TrainingRows.of(some, spec, model).examples();
  }

  private static TrainingOutcome train(
      TrainingJob job,
      LanguageModel model,
      LoraAdapter lora,
      TrainingRows rows,
      List<TokenizedExample> watched,
      Optional<Path> resumeFrom,
      Path workFolder,
      TrainingListener listener) {
    Map<String, Double> metrics = new HashMap<>(rows.counts());
    BlockAdapter adapter = lora == null ? model.decoder().withoutAdapter() : lora;
    measure(model, adapter, watched, "held_out_loss_before", metrics);
    TrainingInputs inputs =
        TrainingInputs.of(rows.rows()).withScratch(workFolder.resolve("scratch"));
    if (!watched.isEmpty()) {
      inputs = inputs.watching(() -> heldOutLoss(model, adapter, watched));
    }
    try (Trainables trainables =
            lora == null
                ? Trainables.of(
                    model.decoder(), SettingsOfSpec.weights(job.spec(), model.decoder()))
                : Trainables.of(model.decoder(), lora);
        TrainingRun run =
            new TrainingRun(
                model.decoder(),
                trainables,
                SettingsOfSpec.settings(job.spec(), model.decoder()),
                inputs)) {
      resumeFrom.ifPresent(run::resume);
      Precision precision = model.decoder().precision();
      io.affinage.llm.training.TrainingOutcome outcome =
          run.run(
              new RelayingListener(listener, precision),
              Optional.of(workFolder.resolve("checkpoints")));
      if (!outcome.completed()) {
        return new TrainingOutcome.Stopped(outcome.steps());
      }
      measure(model, adapter, watched, "held_out_loss_after", metrics);
      metrics.put("train_loss", outcome.recentLoss());
      metrics.put("train_loss_first", outcome.firstLoss());
      metrics.put("train_loss_last", outcome.finalLoss());
      metrics.put("steps", (double) outcome.steps());
      metrics.put("skipped_steps", (double) outcome.skippedSteps());
      if (outcome.bestStep() > 0) {
        metrics.put("best_step", (double) outcome.bestStep());
        metrics.put("best_held_out_loss", outcome.bestHeldOutLoss());
        metrics.put("stopped_early", outcome.stoppedEarly() ? 1.0 : 0.0);
      }
      metrics.put("target_tokens", (double) outcome.targetTokens());
      Path folder = workFolder.resolve("model");
      Exported exported =
          lora == null
              ? ModelExport.of(model, Optional.empty(), ModelCards.of(job, metrics))
                  .huggingFace(folder)
              : AdapterExport.peft(model, lora, folder, job.baseName());
      metrics.put("export_logit_error", exported.logitError());
      return new TrainingOutcome.Completed(folder, lora != null, outcome.tokensSeen(), metrics);
    }
  }

  private static void measure(
      LanguageModel model,
      BlockAdapter adapter,
      List<TokenizedExample> examples,
      String name,
      Map<String, Double> metrics) {
    if (examples.isEmpty()) {
      return;
    }
    metrics.put(name, heldOutLoss(model, adapter, examples));
    metrics.put("held_out_rows", (double) examples.size());
  }

  /** Mean -log p per target token, nats. */
  private static double heldOutLoss(
      LanguageModel model, BlockAdapter adapter, List<TokenizedExample> examples) {
    double sum = 0;
    long targets = 0;
    for (LossMeter.Loss loss :
        new LossMeter(model.decoder(), adapter).losses(examples, HELD_OUT_BATCH)) {
      sum += loss.sum();
      targets += loss.targets();
    }
    return sum / targets;
  }
}
