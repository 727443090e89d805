package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.tensor.Compute;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A published model of 260,032 parameters against a float64 reference and llama2.c's own output.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Stories260kTest {
  private static final String FOLDER = "data/model-stories260k/";

  private LanguageModel model;
  private JsonNode golden;

  @BeforeAll
  void open() throws IOException {
    golden = new ObjectMapper().readTree(SharedFiles.require(FOLDER + "golden.json").toFile());
    model = LanguageModel.open(SharedFiles.require(FOLDER + "hf"), Compute.of("cpu", "float32"));
  }

  @AfterAll
  void close() {
    if (model != null) {
      model.close();
    }
  }

  @Test
  void shouldHaveThePublishedSize() {
    assertThat(model.decoder().config().parameters()).isEqualTo(260_032);
  }

  @Test
  void shouldGiveTheReferencesLogitsAndGreedyIds() {
    try (Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      for (JsonNode item : golden.get("greedy")) {
        int[] prompt = ints(item.get("prompt_ids"));
        float[] logits = generator.nextLogits(prompt);
        for (int i = 0; i < logits.length; i++) {
          assertThat(logits[i])
              .isCloseTo((float) item.get("last_prompt_logits").get(i).asDouble(), within(1e-3f));
        }
        int[] whole = ints(item.get("ids"));
        GenerationRequest request =
            new GenerationRequest(
                List.of(prompt), whole.length - prompt.length, Set.of(), Sampling.GREEDY);
        int[] generated = generator.generate(request, TokenListener.NONE).get(0).ids();
        assertThat(generated)
            .isEqualTo(java.util.Arrays.copyOfRange(whole, prompt.length, whole.length));
      }
    }
  }

  @Test
  void shouldGiveTheReferencesLossOfRealTexts() {
    LossMeter meter = new LossMeter(model.decoder(), model.decoder().withoutAdapter());
    for (JsonNode text : golden.get("losses")) {
      TokenizedExample example = TokenizedExample.targetsFrom("text", ints(text.get("ids")), 1);
      assertThat(meter.losses(List.of(example), 1).get(0).mean())
          .isCloseTo(text.get("mean_nll").asDouble(), within(1e-4));
    }
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
