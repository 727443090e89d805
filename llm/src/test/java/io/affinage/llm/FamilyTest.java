package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family against what transformers and PEFT compute from the same files; gradients are
 * compared in {@link io.affinage.llm.training.FamilyGradientTest}.
 */
@Tag("slow")
class FamilyTest {
  private static final OpenDecoders DECODERS = new OpenDecoders();

  @TempDir private Path folder;

  @AfterAll
  static void close() {
    DECODERS.close();
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldComputeWhatTransformersComputes(FamilyFixture family) {
    Decoder decoder = DECODERS.of(family);
    assertLogProbabilities(decoder, family);
    assertLogits(decoder, decoder.withoutAdapter(), family.ids(), family.golden());
    assertGeneration(decoder, family);
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldComputeTheSameFromPackedWeights(FamilyFixture family) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32, WeightForm.PACKED);
        Adapter adapter = PeftFolder.load(decoder, family.adapter())) {
      assertLogits(decoder, decoder.withoutAdapter(), family.ids(), family.golden());
      assertLogits(decoder, adapter, family.ids(), family.golden().get("adapter"));
      assertGeneration(decoder, family);
    }
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldStayCloseToTheReferenceInBfloat16(FamilyFixture family) {
    for (WeightForm form :
        ProcessorForms.of(Precision.BFLOAT16, WeightForm.PLAIN, WeightForm.PACKED)) {
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.BFLOAT16, form);
          Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
        float[] logits = generator.nextLogits(family.ids());
        assertThat(relativeError(logits, family.golden().get("last_logits"))).isLessThan(0.05);
        assertThat(continued(generator, 4, family.ids(), family.shortIds()))
            .allSatisfy(
                each -> assertThat(each.logProbabilities()).hasSize(4).doesNotContain(Double.NaN));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldReadPeftsAdapterAndWriteItsKeys(FamilyFixture family) {
    Decoder decoder = DECODERS.of(family);
    try (Adapter adapter = PeftFolder.load(decoder, family.adapter())) {
      assertLogits(decoder, adapter, family.ids(), family.golden().get("adapter"));

      PeftFolder.save(adapter, folder, family.name());
    }
    String weights = "adapter_model.safetensors";
    Checkpoint written = Checkpoint.open(folder.resolve(weights));
    Checkpoint expected = Checkpoint.open(family.adapter().resolve(weights));
    assertThat(written.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(written.entry(name).shape()).isEqualTo(expected.entry(name).shape());
      assertThat(written.readFloats(name)).isEqualTo(expected.readFloats(name));
    }
    assertThat(PeftConfig.read(folder).targets())
        .isEqualTo(PeftConfig.read(family.adapter()).targets());
  }

  /** What no reference has confirmed is refused, not computed on trust. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_type':'proportional','factor':2.0}|rope_scaling 'proportional' is not supported",
        "{'rope_type':'dynamic','factor':0.5}|'dynamic' needs a factor of at least 1",
        "{'rope_type':'longrope','short_factor':[1,1],'long_factor':[2]}|long_factor has 1 entries",
        "{'rope_type':'longrope','short_factor':[1,0],'long_factor':[2,2]}|short_factor has 0",
        "{'rope_type':'default','partial_rotary_factor':0.5}|partial_rotary_factor rotates 2 of 4"
      })
  void shouldRefuseUnprovenRotaryEmbeddings(String rope, String message) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = FamilyFixture.named("llama3-rope").checkpoint().config().json();
    config.set("rope_parameters", json.readTree(rope.replace('\'', '"')));
    ModelMetadata metadata = new ModelMetadata("config.json", config);
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> DecoderConfig.of(metadata))
        .withMessageContaining(message);
  }

  private static void assertLogProbabilities(Decoder decoder, FamilyFixture family) {
    JsonNode expected = family.golden().get("next_log_probabilities");
    double[] found = logProbabilities(decoder, family.ids(), 1);
    assertThat(found).hasSize(expected.size());
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected.get(i).asDouble(), within(1e-4));
    }
  }

  /** Of each token from a place on, given all before it; no cache. */
  private static double[] logProbabilities(Decoder decoder, int[] ids, int from) {
    List<TokenizedExample> beginnings = new ArrayList<>();
    for (int length = from + 1; length <= ids.length; length++) {
      int[] beginning = Arrays.copyOf(ids, length);
      beginnings.add(TokenizedExample.targetsFrom("to " + length, beginning, length - 1));
    }
    return new LossMeter(decoder, decoder.withoutAdapter())
        .losses(beginnings, beginnings.size()).stream().mapToDouble(loss -> -loss.sum()).toArray();
  }

  private static void assertLogits(
      Decoder decoder, BlockAdapter adapter, int[] ids, JsonNode golden) {
    try (Generator generator = new Generator(decoder, adapter)) {
      float[] logits = generator.nextLogits(ids);
      JsonNode expected = golden.get("last_logits");
      assertThat(logits).hasSize(expected.size());
      for (int i = 0; i < logits.length; i++) {
        assertThat(logits[i]).isCloseTo((float) expected.get(i).asDouble(), within(1e-4f));
      }
    }
  }

  /** Greedy tokens from a cache where the reference has none; alone, and padded in a batch. */
  private static void assertGeneration(Decoder decoder, FamilyFixture family) {
    int[] greedy = family.ints("greedy");
    int[] shortGreedy = family.ints("short_greedy");
    try (Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
      List<GeneratedTokens> alone = continued(generator, greedy.length, family.ids());
      List<GeneratedTokens> padded =
          continued(generator, greedy.length, family.ids(), family.shortIds());
      assertThat(alone.get(0).ids()).isEqualTo(greedy);
      assertThat(padded.get(0).ids()).isEqualTo(greedy);
      assertThat(padded.get(1).ids()).isEqualTo(shortGreedy);
      assertSharing(generator, family, 6);
      // The tokens may stay the same where the distribution does not.
      if (decoder.form() == WeightForm.PLAIN) {
        double[] certainty = certainty(decoder, family, "greedy", family.ids());
        assertThat(alone.get(0).logProbabilities()).containsExactly(certainty, within(1e-4));
        assertThat(padded.get(0).logProbabilities()).containsExactly(certainty, within(1e-4));
        assertThat(padded.get(1).logProbabilities())
            .containsExactly(
                certainty(decoder, family, "short_greedy", family.shortIds()), within(1e-4));
      }
    }
  }

  /** Prompts that share what they have in common: the same tokens as each alone. */
  private static void assertSharing(Generator generator, FamilyFixture family, int tokens) {
    int[] whole = family.ids();
    int[] part = Arrays.copyOf(whole, whole.length - 2);
    int[] branch = Arrays.copyOf(whole, whole.length - 1);
    branch[branch.length - 1] = (whole[branch.length - 1] + 1) % 16;
    int[][] prompts = {part, whole, family.shortIds(), whole, branch};
    List<GeneratedTokens> together = continued(generator, tokens, prompts);
    for (int row = 0; row < prompts.length; row++) {
      GeneratedTokens alone = continued(generator, tokens, prompts[row]).get(0);
      assertThat(together.get(row).ids()).isEqualTo(alone.ids());
      assertThat(together.get(row).logProbabilities())
          .containsExactly(alone.logProbabilities(), within(1e-4));
    }
  }

  /** Root mean square of the difference as a share of the logits' own. */
  private static double relativeError(float[] logits, JsonNode expected) {
    double difference = 0;
    double squares = 0;
    for (int i = 0; i < logits.length; i++) {
      difference += Math.pow(logits[i] - expected.get(i).asDouble(), 2);
      squares += Math.pow(expected.get(i).asDouble(), 2);
    }
    return Math.sqrt(difference / squares);
  }

  private static List<GeneratedTokens> continued(
      Generator generator, int tokens, int[]... prompts) {
    GenerationRequest request =
        new GenerationRequest(List.of(prompts), tokens, Set.of(), Sampling.GREEDY);
    return generator.generate(request, TokenListener.NONE);
  }

  /**
   * Log-probabilities of the greedy tokens: those of the whole text without a cache, or, where a
   * text's length decides how it is rotated, those of the reference's own cache.
   */
  private static double[] certainty(
      Decoder decoder, FamilyFixture family, String field, int[] prompt) {
    JsonNode cached = family.golden().path(field + "_log_probabilities");
    if (cached.isArray()) {
      return StreamSupport.stream(cached.spliterator(), false)
          .mapToDouble(JsonNode::asDouble)
          .toArray();
    }
    int[] greedy = family.ints(field);
    int[] whole = Arrays.copyOf(prompt, prompt.length + greedy.length);
    System.arraycopy(greedy, 0, whole, prompt.length, greedy.length);
    return logProbabilities(decoder, whole, prompt.length);
  }
}
