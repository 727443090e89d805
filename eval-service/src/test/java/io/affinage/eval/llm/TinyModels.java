package io.affinage.eval.llm;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Schedule;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A real model, small enough to be trained while a test waits. */
public final class TinyModels {
  public static final Compute COMPUTE = Compute.of("cpu", "float32");
  private static final String[] THINGS = {"sky", "grass", "snow", "coal", "blood", "sun"};
  private static final String[] COLOURS = {"blue", "green", "white", "black", "red", "yellow"};

  private TinyModels() {}

  /** Question and answer, as many as there are. */
  public static List<String[]> questions() {
    List<String[]> questions = new ArrayList<>();
    for (int i = 0; i < THINGS.length; i++) {
      questions.add(new String[] {"The colour of " + THINGS[i] + " is", " " + COLOURS[i]});
    }
    return questions;
  }

  /**
   * Writes a base that learned a wrong answer to every question, and an adapter that learned the
   * right ones. A base of random weights would not do: its embedding, which is its head, is too
   * small for any answer to become likely.
   */
  public static void write(Path base, Path adapter) {
    List<String> texts = questions().stream().map(q -> q[0] + q[1]).toList();
    DecoderConfig decoder =
        DecoderConfig.llama(new DecoderShape(320, 32, 64, 2, 4, 2, 8, 128, true), 1e-5, 10_000);
    try (LanguageModel model =
        LanguageModel.initialise(
            decoder, BpeTrainer.train(texts, BpeTrainer.Settings.chatMl(320)), 7, COMPUTE)) {
      try (Trainables all = Trainables.allWeights(model.decoder())) {
        train(model, all, 1);
      }
      ModelExport.of(model, Optional.empty(), ModelCard.named("tiny")).huggingFace(base);
      LoraConfig config = new LoraConfig(16, 32, 0, false, List.of("all-linear"));
      try (LoraAdapter lora = LoraAdapter.initialise(model.decoder(), config, 7);
          Trainables matrices = Trainables.of(model.decoder(), lora)) {
        train(model, matrices, 0);
        PeftFolder.save(lora, adapter, "tiny");
      }
    }
  }

  /** Writes a model of random weights with a long context: its likeliest token is never the end. */
  public static void writeTireless(Path folder) {
    List<String> texts = questions().stream().map(q -> q[0] + q[1]).toList();
    DecoderConfig decoder =
        DecoderConfig.llama(new DecoderShape(320, 32, 64, 2, 4, 2, 8, 100_000, true), 1e-5, 10_000);
    try (LanguageModel model =
        LanguageModel.initialise(
            decoder, BpeTrainer.train(texts, BpeTrainer.Settings.chatMl(320)), 7, COMPUTE)) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("tireless")).huggingFace(folder);
    }
  }

  /**
   * @param shift how many questions further the answer is taken from; 0 for the right one
   */
  private static void train(LanguageModel model, Trainables trainables, int shift) {
    ExampleEncoder encoder =
        new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(128, OverlengthPolicy.FAIL, AnswerTargets.LAST));
    List<String[]> questions = questions();
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      String answer = questions.get((i + shift) % questions.size())[1];
      examples.add(encoder.encode(new Example.Completion("q" + i, questions.get(i)[0], answer)));
    }
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(80)
            .with(Batching.of(examples.size()))
            .with(Optimization.DEFAULT.withLearningRate(1e-2))
            .with(new Schedule(Schedule.Shape.CONSTANT, 0.05, 0, 0))
            .withSeed(7);
    try (TrainingRun run =
        TrainingRun.overExamples(model.decoder(), trainables, settings, examples)) {
      run.run(new TrainingListener() {}, Optional.empty());
    }
  }
}
