package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example is the text between the marks below, and it runs. */
class ReadmeTest {
  private static final Path SOURCE = Path.of("src/test/java/io/affinage/llm/ReadmeTest.java");

  private static final LoraConfig CONFIG = new LoraConfig(16, 32, 0, false, List.of("all-linear"));
  private static final ExampleEncoder.Settings ENCODING =
      new ExampleEncoder.Settings(512, OverlengthPolicy.DROP, AnswerTargets.LAST);

  @TempDir private Path folder;

  private static String tune(Path base, Path target, List<Example> examples) {
    // [example
    try (var model = LanguageModel.open(base, Compute.AUTO);
        var lora = LoraAdapter.initialise(model.decoder(), CONFIG, 1);
        var weights = Trainables.of(model.decoder(), lora);
        var generator = new Generator(model.decoder(), lora)) {
      var rows =
          new ExampleEncoder(model.tokenizer(), model.chatTemplate(), ENCODING)
              .encodeAll(examples)
              .examples();
      try (var run =
          TrainingRun.overExamples(model.decoder(), weights, TrainingSettings.DEFAULT, rows)) {
        run.run(TrainingListener.NONE, Optional.empty());
      }
      ModelExport.of(model, Optional.of(lora), ModelCard.named("tuned")).gguf(target, GgufMix.Q8_0);
      var prompt = List.of(model.tokenizer().encode("The cat"));
      var request =
          new GenerationRequest(
              prompt, 20, model.tokenizer().specialTokens().stops(), Sampling.GREEDY);
      return model.tokenizer().decode(generator.generate(request, TokenListener.NONE).get(0).ids());
    }
    // example]
  }

  @Test
  void shouldDoWhatTheReadmeShows() {
    var definition =
        BpeTrainer.train(
            List.of("The cat sat on the mat and slept. ".repeat(20)),
            BpeTrainer.Settings.chatMl(300));
    try (LanguageModel model =
        LanguageModel.initialise(
            DecoderConfig.llama(new DecoderShape(300, 32, 64, 2, 2, 1, 16, 128, true), 1e-5, 1e4),
            definition,
            1,
            Compute.AUTO)) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("base"))
          .huggingFace(folder.resolve("base"));
    }
    List<Example> examples =
        List.of(
            new Example.Completion("1", "The cat", " sat on the mat."),
            new Example.Completion("2", "The mat", " slept."));

    String text = tune(folder.resolve("base"), folder.resolve("tuned"), examples);

    assertThat(text).isNotEmpty();
    assertThat(folder.resolve("tuned/model-q8_0.gguf")).isNotEmptyFile();
  }

  @Test
  void shouldShowInTheReadmeWhatRunsHere() throws IOException {
    assertThat(block(Files.readString(Path.of("README.md")), "```java\n", "```"))
        .isEqualToIgnoringWhitespace(
            block(Files.readString(SOURCE), "// [example\n", "// example]"));
  }

  private static String block(String text, String from, String to) {
    int start = text.indexOf(from) + from.length();
    return text.substring(start, text.indexOf(to, start));
  }
}
