package io.affinage.llm.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.TargetLogProbabilities;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What sampling tells of an answer is what training computes of it, with an adapter whose B is not
 * zero, from plain weights and from packed ones, at the sampling temperature.
 */
class SampledLogProbabilitiesTest {
  @ParameterizedTest
  @CsvSource({
    "llama3-rope, PLAIN, 1",
    "llama3-rope, PLAIN, 0.7",
    "llama3-rope, PACKED, 0.7",
    "llama3-rope, PACKED, 1.5",
    "gemma2, PACKED, 0.7",
    "gemma2, PLAIN, 0.7"
  })
  void shouldEqualThoseOfTraining(String family, WeightForm form, double temperature) {
    FamilyFixture fixture = FamilyFixture.named(family);
    int[] text = fixture.ids();
    List<int[]> prompts =
        List.of(Arrays.copyOf(text, 3), Arrays.copyOf(text, 3), Arrays.copyOf(text, 5));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder plain = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32);
        Decoder sampled = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32, form);
        Adapter policy = PeftFolder.load(sampled, fixture.adapter());
        Adapter trained = PeftFolder.load(plain, fixture.adapter());
        Generator generator = new Generator(sampled, policy)) {
      List<GeneratedTokens> answers =
          generator.generate(
              new GenerationRequest(prompts, 8, Set.of(), Sampling.whole(temperature, 3)),
              TokenListener.NONE);
      List<TokenizedExample> texts = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        int[] prompt = prompts.get(i);
        int[] ids = Arrays.copyOf(prompt, prompt.length + 8);
        System.arraycopy(answers.get(i).ids(), 0, ids, prompt.length, 8);
        texts.add(TokenizedExample.targetsFrom("t" + i, ids, prompt.length));
      }
      PrefixTreeRow row = PrefixTreeRow.of(texts, true, plain.config()::lengthClass);
      List<float[]> expected =
          row.byDocument(
              new TargetLogProbabilities(plain, trained, new Reading(temperature, false)).of(row));
      List<float[]> withoutAdapter =
          row.byDocument(
              new TargetLogProbabilities(
                      plain, plain.withoutAdapter(), new Reading(temperature, false))
                  .of(row));
      double apart = 0;
      for (int i = 0; i < answers.size(); i++) {
        for (int t = 0; t < 8; t++) {
          double told = answers.get(i).logProbabilities()[t];
          assertThat(told).isCloseTo(expected.get(i)[t], within(1e-4));
          apart = Math.max(apart, Math.abs(told - withoutAdapter.get(i)[t]));
        }
      }
      // The base would have told something else.
      assertThat(apart).isGreaterThan(1e-2);
    }
  }
}
