package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scores and their gradients as transformers' models for sequence classification give them; see
 * src/test/python/scalar_head_fixtures.py.
 */
class ScalarHeadTest {
  private static final int[][] TEXTS = {{5, 6, 7, 8}, {5, 6, 7, 8, 9, 10}, {11, 12}};
  private static final float[] SHARES = {1.5f, -0.5f, 0.8f};

  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "qwen2", "gpt2", "gemma2"})
  void shouldGiveTheScoresOfTheReference(String family) throws IOException {
    FamilyFixture fixture = FamilyFixture.named(family);
    JsonNode golden = golden(family);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, fixture.adapter());
        ScalarHead head = head(decoder, golden)) {
      float[] scores = head.scores(decoder, adapter, texts(golden));

      for (int i = 0; i < scores.length; i++) {
        assertThat((double) scores[i])
            .as("score of text %d", i)
            .isCloseTo(golden.get("scores").get(i).asDouble(), within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "qwen2", "gpt2", "gemma2"})
  void shouldGiveTheGradientsOfTheReference(String family) throws IOException {
    FamilyFixture fixture = FamilyFixture.named(family);
    JsonNode golden = golden(family);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, fixture.adapter());
        ScalarHead head = head(decoder, golden);
        Trainables trainables = Trainables.of(decoder, adapter, head)) {
      accumulate(decoder, trainables, texts(golden), floats(golden.get("coefficients")));

      List<float[]> gradients = TinyModel.gradients(trainables);
      int adapters = 0;
      for (int i = 0; i < gradients.size(); i++) {
        String name = trainables.parameters().get(i).name();
        if (name.equals(ScalarHead.KEY)) {
          assertThat(gradients.get(i))
              .containsExactly(floats(golden.get("weight_gradient")), within(2e-5f));
        } else {
          JsonNode expected = golden.get("adapter_gradients").get(name);
          double norm = expected.get(0).asDouble();
          double[] actual = fingerprint(gradients.get(i));
          assertThat(actual[0]).as(name).isCloseTo(norm, within(1e-4 * norm + 1e-6));
          assertThat(actual[1])
              .as(name)
              .isCloseTo(expected.get(1).asDouble(), within(1e-4 * norm + 1e-6));
          adapters++;
        }
      }
      assertThat(adapters).isEqualTo(golden.get("adapter_gradients").size());
    }
  }

  @Test
  void shouldReadWhatPeftSavesAndWriteItAgain(@TempDir Path folder) throws IOException {
    FamilyFixture fixture = FamilyFixture.named("llama3-rope");
    JsonNode golden = golden("llama3-rope");
    OptionalInt padding = OptionalInt.of(golden.get("pad").asInt());
    Path theirs = Path.of("src/test/resources/scalar-head/llama3-rope");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32);
        ScoredAdapter read = ScoredAdapter.load(decoder, theirs, padding)) {
      float[] scores = read.head().scores(decoder, read.adapter(), texts(golden));
      assertThat(scores).containsExactly(floats(golden.get("scores")), within(1e-5f));

      read.save(folder, "base");
      try (ScoredAdapter again = ScoredAdapter.load(decoder, folder, padding)) {
        assertThat(again.head().scores(decoder, again.adapter(), texts(golden)))
            .containsExactly(scores);
      }
      Checkpoint written = Checkpoint.open(folder.resolve("adapter_model.safetensors"));
      Checkpoint expected = Checkpoint.open(theirs.resolve("adapter_model.safetensors"));
      assertThat(written.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(written.entry(name).shape()).as(name).isEqualTo(expected.entry(name).shape());
        assertThat(written.readFloats(name)).as(name).isEqualTo(expected.readFloats(name));
      }
      assertThatThrownBy(() -> ScoredAdapter.load(decoder, fixture.adapter(), padding))
          .isInstanceOfSatisfying(
              LlmException.class,
              e -> assertThat(e.code()).isEqualTo("adapter_config_unsupported"));
      assertThatThrownBy(() -> PeftFolder.load(decoder, theirs))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("model_is_reward_model"));
    }
  }

  /** By the difference quotient of the scores themselves, whatever the reference is. */
  @Test
  void shouldGiveTheSlopeOfTheScores() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter =
            TinyModel.randomAdapter(
                model.decoder, new LoraConfig(2, 4, 0, false, List.of("all-linear")), 0.3);
        ScalarHead head = ScalarHead.initialise(model.decoder, OptionalInt.empty(), 4);
        Trainables trainables = Trainables.of(model.decoder, adapter, head)) {
      List<TokenizedExample> texts = new ArrayList<>();
      for (int[] ids : TEXTS) {
        texts.add(new TokenizedExample("t", ids, new int[0]));
      }
      requireSlopes(model, adapter, head, trainables, texts);
    }
  }

  /** The same where the body itself is trained: embedding, blocks, final norm. */
  @Test
  void shouldGiveTheSlopeOfTheScoresByWeightsOfTheModel() {
    try (TinyModel model = new TinyModel();
        ScalarHead head = ScalarHead.initialise(model.decoder, OptionalInt.empty(), 4);
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.ALL, head, new Batching(8, 2, 0, true))) {
      List<TokenizedExample> texts = new ArrayList<>();
      for (int[] ids : TEXTS) {
        texts.add(new TokenizedExample("t", ids, new int[0]));
      }
      assertThat(trainables.parameters())
          .extracting(Trainables.Parameter::name)
          .contains(ScalarHead.KEY, model.decoder.config().names().finalNorm() + ".weight")
          .doesNotContain(
              model.decoder.shape().tiedHead()
                  ? "nothing"
                  : model.decoder.config().names().head() + ".weight");
      requireSlopes(model, model.decoder.withoutAdapter(), head, trainables, texts);
    }
  }

  private static void requireSlopes(
      TinyModel model,
      BlockAdapter adapter,
      ScalarHead head,
      Trainables trainables,
      List<TokenizedExample> texts) {
    accumulate(model.decoder, trainables, texts, SHARES);
    List<float[]> gradients = TinyModel.gradients(trainables);
    for (int p = 0; p < gradients.size(); p++) {
      Trainables.Parameter parameter = trainables.parameters().get(p);
      float[] values = trainables.numbers(parameter);
      int at = place(gradients.get(p));
      double slope =
          (moved(model, adapter, head, parameter, at, 2e-3f, texts)
                  - moved(model, adapter, head, parameter, at, -2e-3f, texts))
              / 4e-3;
      model.decoder.assign(parameter.weight(), values);
      assertThat((double) gradients.get(p)[at])
          .as(parameter.name())
          .isCloseTo(slope, within(2e-3 * Math.abs(slope) + 2e-4));
    }
  }

  /** The middle, or where the gradient is largest: rows of most tokens have none. */
  private static int place(float[] gradient) {
    int at = gradient.length / 2;
    if (gradient[at] == 0) {
      for (int i = 0; i < gradient.length; i++) {
        at = Math.abs(gradient[i]) > Math.abs(gradient[at]) ? i : at;
      }
    }
    return at;
  }

  private static double moved(
      TinyModel model,
      BlockAdapter adapter,
      ScalarHead head,
      Trainables.Parameter parameter,
      int at,
      float by,
      List<TokenizedExample> texts) {
    float[] values = parameter.weight().toFloatArray();
    float before = values[at];
    values[at] = before + by;
    model.decoder.assign(parameter.weight(), values);
    float[] scores = head.scores(model.decoder, adapter, texts);
    values[at] = before;
    model.decoder.assign(parameter.weight(), values);
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      sum += SHARES[i] * scores[i];
    }
    return sum;
  }

  /** Padding that a text ends with is not looked at; a text of nothing else has its first token. */
  @Test
  void shouldLookAtTheLastTokenThatIsNoPadding() {
    try (TinyModel model = new TinyModel();
        ScalarHead head = ScalarHead.initialise(model.decoder, OptionalInt.of(0), 4)) {
      float[] scores =
          head.scores(
              model.decoder,
              model.decoder.withoutAdapter(),
              List.of(
                  new TokenizedExample("a", new int[] {5, 6}, new int[0]),
                  new TokenizedExample("b", new int[] {5, 6, 0, 0}, new int[0]),
                  new TokenizedExample("c", new int[] {0}, new int[0]),
                  new TokenizedExample("d", new int[] {0, 0, 0}, new int[0])));

      assertThat(scores[1]).isEqualTo(scores[0]);
      assertThat(scores[3]).isEqualTo(scores[2]);
      assertThat(scores[2]).isNotEqualTo(scores[0]);
    }
  }

  /** Adds the gradients of the sum of share times score. */
  private static void accumulate(
      Decoder decoder, Trainables trainables, List<TokenizedExample> texts, float[] shares) {
    TrainingSettings settings = TrainingSettings.DEFAULT;
    try (Backpropagation backpropagation = new Backpropagation(decoder, trainables, settings)) {
      backpropagation.accumulate(
          List.of(new Group(texts)),
          (part, pass, thread) ->
              pass.given(new PlaceWeights(byPlace(part.row(), shares), new float[0])),
          0);
    }
  }

  private static float[] byPlace(PrefixTreeRow row, float[] shares) {
    float[] weights = new float[row.targetTokens().length];
    for (int i = 0; i < shares.length; i++) {
      weights[row.documentPairs()[row.documentStarts()[i]]] -= shares[i];
    }
    return weights;
  }

  private static ScalarHead head(Decoder decoder, JsonNode golden) {
    return ScalarHead.of(
        decoder, floats(golden.get("weight")), OptionalInt.of(golden.get("pad").asInt()));
  }

  private static List<TokenizedExample> texts(JsonNode golden) {
    List<TokenizedExample> texts = new ArrayList<>();
    for (JsonNode row : golden.get("rows")) {
      int[] ids = new int[row.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = row.get(i).asInt();
      }
      texts.add(new TokenizedExample("row" + texts.size(), ids, new int[0]));
    }
    return texts;
  }

  private static float[] floats(JsonNode numbers) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) numbers.get(i).asDouble();
    }
    return values;
  }

  private static double[] fingerprint(float[] gradient) {
    double norm = 0;
    double product = 0;
    double direction = 0;
    for (int i = 0; i < gradient.length; i++) {
      double cosine = Math.cos(0.7 * i);
      norm += (double) gradient[i] * gradient[i];
      product += gradient[i] * cosine;
      direction += cosine * cosine;
    }
    return new double[] {Math.sqrt(norm), product / Math.sqrt(direction)};
  }

  private static JsonNode golden(String family) throws IOException {
    Path file = Path.of("src/test/resources/scalar-head", family + ".json");
    return new ObjectMapper().readTree(file.toFile());
  }
}
