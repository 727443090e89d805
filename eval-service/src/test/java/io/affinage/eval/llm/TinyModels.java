package io.affinage.eval.llm;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
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
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
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

  /**
   * Writes adapters of every other type that learned the right answers too, each into a folder
   * named by its type.
   */
  public static List<Path> writeOthers(Path base, Path parent) {
    List<Path> folders = new ArrayList<>();
    try (LanguageModel model = LanguageModel.open(base, COMPUTE)) {
      Decoder decoder = model.decoder();
      LoraConfig lora = new LoraConfig(16, 32, 0, false, List.of("all-linear"));
      Ia3Config ia3 = new Ia3Config(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj"));
      List<Adapter> adapters =
          List.of(
              DoraAdapter.initialise(decoder, lora, 7),
              Ia3Adapter.initialise(decoder, ia3),
              BottleneckAdapter.initialise(
                  decoder, BottleneckConfig.houlsby(2, Nonlinearity.SWISH), 7),
              PromptAdapter.initialise(
                  decoder, new PromptConfig(8, new PromptInitialisation.SampledVocabulary()), 7),
              PrefixAdapter.initialise(
                  decoder, new PrefixConfig(8), new PrefixInitialisation.Random(), 7));
      for (Adapter adapter : adapters) {
        try (Trainables trainables = Trainables.of(decoder, adapter)) {
          train(model, trainables, 0);
          Path folder = parent.resolve(adapter.type());
          PeftFolder.save(adapter, folder, "tiny");
          folders.add(folder);
        }
        adapter.close();
      }
    }
    return folders;
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

  /** Writes an adapter that learned a little beside a base in some form. */
  static void writeAdapter(Path base, WeightForm form, Path adapter) {
    try (LanguageModel model = LanguageModel.open(base, COMPUTE, form);
        LoraAdapter lora =
            LoraAdapter.initialise(
                model.decoder(), new LoraConfig(4, 8, 0, false, List.of("all-linear")), 7);
        Trainables matrices = Trainables.of(model.decoder(), lora)) {
      train(model, matrices, 0, 5);
      PeftFolder.save(lora, adapter, "tiny");
    }
  }

  private static void train(LanguageModel model, Trainables trainables, int shift) {
    train(model, trainables, shift, 80);
  }

  /**
   * @param shift how many questions further the answer is taken from; 0 for the right one
   */
  private static void train(LanguageModel model, Trainables trainables, int shift, int steps) {
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
            .withMaxSteps(steps)
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
