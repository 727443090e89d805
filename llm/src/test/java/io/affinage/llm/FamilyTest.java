package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiny random checkpoints of every family, as transformers writes them (see
 * src/test/python/family_fixtures.py), against what transformers computes from them in float32.
 */
class FamilyTest {

  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "linear-rope", "yarn-rope", "mistral", "qwen2", "qwen3"})
  void shouldComputeWhatTransformersComputes(String family) throws IOException {
    JsonNode golden =
        new ObjectMapper().readTree(resource(family).resolve("golden.json").toFile());
    int[] ids = ints(golden.get("ids"));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, Checkpoint.open(resource(family)), Precision.FLOAT32)) {
      assertLogProbabilities(decoder, ids, golden.get("next_log_probabilities"));
      assertGeneration(decoder, ids, golden);
      assertGradientOfAllWeights(decoder, ids, golden);
    }
  }

  /** What no reference has confirmed is refused, not computed on trust. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_type':'dynamic','factor':2.0}|rope_scaling 'dynamic' is not supported",
        "{'rope_type':'longrope','short_factor':[1,1],'long_factor':[2,2]}|rope_scaling 'longrope'",
        "{'rope_type':'default','partial_rotary_factor':0.5}|partial_rotary_factor rotates 2 of 4"
      })
  void shouldRefuseUnprovenRotaryEmbeddings(String rope, String message) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode config =
        (ObjectNode) json.readTree(resource("llama3-rope").resolve("config.json").toFile());
    config.set("rope_parameters", json.readTree(rope.replace('\'', '"')));
    ModelMetadata metadata = new ModelMetadata("config.json", config);
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> DecoderConfig.of(metadata))
        .withMessageContaining(message);
  }

  private static void assertLogProbabilities(Decoder decoder, int[] ids, JsonNode expected) {
    LossMeter meter = new LossMeter(decoder, decoder.withoutAdapter());
    List<TokenizedExample> beginnings = new ArrayList<>();
    for (int length = 2; length <= ids.length; length++) {
      int[] beginning = java.util.Arrays.copyOf(ids, length);
      beginnings.add(TokenizedExample.targetsFrom("to " + length, beginning, length - 1));
    }
    List<LossMeter.Loss> losses = meter.losses(beginnings, beginnings.size());
    for (int i = 0; i < losses.size(); i++) {
      assertThat(-losses.get(i).sum()).isCloseTo(expected.get(i).asDouble(), within(1e-4));
    }
  }

  /** Logits after the prompt, and greedy tokens from a cache where the reference has none. */
  private static void assertGeneration(Decoder decoder, int[] ids, JsonNode golden) {
    try (Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
      float[] logits = generator.nextLogits(ids);
      for (int i = 0; i < logits.length; i++) {
        assertThat(logits[i])
            .isCloseTo((float) golden.get("last_logits").get(i).asDouble(), within(1e-4f));
      }
      int[] greedy = ints(golden.get("greedy"));
      GenerationRequest request =
          new GenerationRequest(List.of(ids), greedy.length, Set.of(), Sampling.GREEDY);
      assertThat(generator.generate(request, TokenListener.NONE).get(0).ids()).isEqualTo(greedy);
    }
  }

  private static void assertGradientOfAllWeights(Decoder decoder, int[] ids, JsonNode golden) {
    TokenizedExample example =
        TokenizedExample.targetsFrom("x", ids, golden.get("prompt_length").asInt());
    TrainingSettings oneStep =
        TrainingSettings.DEFAULT
            .withMaxSteps(1)
            .with(Batching.of(1))
            .with(Optimization.DEFAULT.withLearningRate(1e-9));
    List<TrainingProgress> steps = new ArrayList<>();
    try (Trainables trainables = Trainables.allWeights(decoder);
        TrainingRun run =
            TrainingRun.overExamples(decoder, trainables, oneStep, List.of(example))) {
      run.run(
          new TrainingListener() {
            @Override
            public void onStep(TrainingProgress progress) {
              steps.add(progress);
            }
          },
          Optional.empty());
    }
    assertThat(steps).hasSize(1);
    assertThat(steps.get(0).loss()).isCloseTo(golden.get("loss").asDouble(), within(1e-5));
    assertThat(steps.get(0).gradNorm() / golden.get("gradient_norm").asDouble())
        .isCloseTo(1, within(1e-4));
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static Path resource(String name) {
    return new File(FamilyTest.class.getResource("/families/" + name).getPath()).toPath();
  }
}
