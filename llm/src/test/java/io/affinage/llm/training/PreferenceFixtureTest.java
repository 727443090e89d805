package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.objective.Dpo;
import io.affinage.llm.objective.Ipo;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loss, gradient of every adapter matrix and metrics of preference objectives against TRL: see
 * src/test/python/objective_fixtures.py. The reference is the adapter that the stage starts from,
 * not the bare base.
 */
class PreferenceFixtureTest {

  @ParameterizedTest
  @CsvSource({
    "qwen2, dpo",
    "qwen2, dpo_smoothed",
    "qwen2, ipo",
    "gpt2, dpo",
    "gpt2, dpo_smoothed",
    "gpt2, ipo"
  })
  void shouldGiveWhatTheReferenceImplementationGives(String family, String name) throws Exception {
    Path folder = folder(family);
    JsonNode golden = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
    FamilyFixture fixture = FamilyFixture.named(family);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32);
        Adapter policy = PeftFolder.load(decoder, folder);
        Adapter start = PeftFolder.load(decoder, fixture.adapter());
        Trainables trainables = Trainables.of(decoder, policy);
        PassedReference reference = new PassedReference(decoder, start, 0, true, 1)) {
      List<Group> pairs = pairs(golden.get("pairs"));
      for (int microBatches = 1; microBatches <= 3; microBatches++) {
        trainables.clearGradients();
        TrainingSettings settings =
            TrainingSettings.DEFAULT.with(new Batching(3, microBatches, 0, microBatches != 2));
        Backpropagation backpropagation = new Backpropagation(decoder, trainables, settings);
        StepLoss.Result result =
            new ObjectiveLoss(
                    objective(name, golden),
                    backpropagation,
                    Optional.of(reference),
                    step -> pairs,
                    settings.batching())
                .accumulate(pairs, 0);
        backpropagation.close();
        check(golden.get(name), result, trainables);
      }
    }
  }

  private static Objective objective(String name, JsonNode golden) {
    double beta = golden.get("beta").asDouble();
    return switch (name) {
      case "dpo" -> new Dpo(beta, 0);
      case "dpo_smoothed" -> new Dpo(beta, golden.get("label_smoothing").asDouble());
      case "ipo" -> new Ipo(beta);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static void check(JsonNode expected, StepLoss.Result result, Trainables trainables) {
    double loss = expected.get("loss").asDouble();
    assertThat(result.loss()).isCloseTo(loss, within(1e-5 * Math.max(1, loss)));
    assertThat(result.metrics().keySet())
        .containsExactlyInAnyOrderElementsOf(() -> expected.get("metrics").fieldNames());
    result
        .metrics()
        .forEach(
            (metric, value) -> {
              double theirs = expected.get("metrics").get(metric).asDouble();
              assertThat(value)
                  .as(metric)
                  .isCloseTo(theirs, within(1e-5 * Math.max(1, Math.abs(theirs))));
            });
    JsonNode gradients = expected.get("gradients");
    assertThat(trainables.parameters())
        .extracting(Trainables.Parameter::name)
        .containsExactlyInAnyOrderElementsOf(gradients::fieldNames);
    List<float[]> found = TinyModel.gradients(trainables);
    double all = trainables.gradientNorm();
    for (int i = 0; i < found.size(); i++) {
      String parameter = trainables.parameters().get(i).name();
      double norm = gradients.get(parameter).get(0).asDouble();
      assertThat(FamilyGradientTest.norm(found.get(i)))
          .as(parameter)
          .isCloseTo(norm, within(1e-5 * all));
      assertThat(FamilyGradientTest.alongDirection(found.get(i)))
          .as(parameter)
          .isCloseTo(gradients.get(parameter).get(1).asDouble(), within(1e-5 * all));
    }
  }

  private static List<Group> pairs(JsonNode pairs) {
    List<Group> groups = new ArrayList<>();
    for (JsonNode pair : pairs) {
      groups.add(Group.pair(example(pair, 1), example(pair, 2)));
    }
    return groups;
  }

  private static TokenizedExample example(JsonNode pair, int answer) {
    int[] prompt = ints(pair.get(0));
    int[] ids =
        IntStream.concat(IntStream.of(prompt), IntStream.of(ints(pair.get(answer)))).toArray();
    return TokenizedExample.targetsFrom("pair", ids, prompt.length);
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private static Path folder(String family) throws IOException, URISyntaxException {
    return Path.of(PreferenceFixtureTest.class.getResource("/objectives/" + family).toURI());
  }
}
