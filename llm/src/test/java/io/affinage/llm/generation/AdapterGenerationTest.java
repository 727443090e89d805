package io.affinage.llm.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.AdapterFixture;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.OpenDecoders;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Generation with every method of adaptation, whose logits are PEFT's: see AdapterFixtureTest. */
@Tag("slow")
class AdapterGenerationTest {
  private static final OpenDecoders DECODERS = new OpenDecoders();

  private static final int NEW_TOKENS = 12;

  @AfterAll
  static void close() {
    DECODERS.close();
  }

  /** Cached, several rows at once, and drafted ahead: as the whole text computed anew. */
  @ParameterizedTest
  @MethodSource("io.affinage.llm.AdapterFixture#all")
  void shouldChooseWhatTheWholeTextMakesLikeliest(AdapterFixture fixture) {
    for (WeightForm form : new WeightForm[] {WeightForm.PLAIN, WeightForm.PACKED}) {
      Decoder decoder = DECODERS.of(fixture.family(), Precision.FLOAT32, form);
      try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
          Generator generator = new Generator(decoder, adapter)) {
        assertLikeliest(generator, fixture.texts());
        assertLikeliest(generator, fixture.texts().subList(1, 2));
        assertLikeliest(generator, List.of(repeating(fixture.texts().get(1))));
      }
    }
  }

  private static void assertLikeliest(Generator generator, List<int[]> prompts) {
    List<GeneratedTokens> generated =
        generator.generate(
            new GenerationRequest(prompts, NEW_TOKENS, Set.of(), Sampling.GREEDY),
            (row, token) -> true);
    for (int row = 0; row < prompts.size(); row++) {
      int[] text = prompts.get(row);
      for (int i = 0; i < NEW_TOKENS; i++) {
        float[] logits = generator.nextLogits(text);
        int token = generated.get(row).ids()[i];
        assertThat(logits[token]).isCloseTo(largest(logits), within(1e-4f));
        text = Arrays.copyOf(text, text.length + 1);
        text[text.length - 1] = token;
      }
    }
  }

  private static float largest(float[] values) {
    float largest = values[0];
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  private static int[] repeating(int[] text) {
    int[] twice = Arrays.copyOf(text, 2 * text.length);
    System.arraycopy(text, 0, twice, text.length, text.length);
    return twice;
  }

  /** Several on one base, each chosen for a pass: none leaves anything behind for another. */
  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldKeepAdaptersOfOneBaseApart(FamilyFixture family) {
    List<AdapterFixture> fixtures =
        AdapterFixture.all().stream()
            .filter(each -> each.family().name().equals(family.name()))
            .toList();
    if (fixtures.isEmpty()) {
      return;
    }
    int[] text = fixtures.get(0).texts().get(0);
    Decoder decoder = DECODERS.of(family);
    List<Adapter> adapters = new ArrayList<>();
    adapters.add(PeftFolder.load(decoder, family.adapter()));
    fixtures.forEach(each -> adapters.add(PeftFolder.load(decoder, each.folder())));
    List<Generator> generators =
        adapters.stream().map(each -> new Generator(decoder, each)).toList();
    List<float[]> alone = generators.stream().map(each -> each.nextLogits(text)).toList();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < generators.size(); i++) {
        assertThat(generators.get(i).nextLogits(text)).isEqualTo(alone.get(i));
      }
    }
    for (int i = 0; i < alone.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(alone.get(i)).isNotEqualTo(alone.get(j));
      }
    }
    generators.forEach(Generator::close);
    adapters.forEach(Adapter::close);
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.AdapterFixture#all")
  void shouldCountVirtualTokensTowardsTheContext(AdapterFixture fixture) {
    Decoder decoder = DECODERS.of(fixture.family());
    try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
        Generator generator = new Generator(decoder, adapter)) {
      int room = decoder.shape().maxPositions() - adapter.virtualTokens();
      assertThat(generator.nextLogits(new int[room])).isNotEmpty();
      assertThatThrownBy(() -> generator.nextLogits(new int[room + 1]))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("context_exceeded"));
    }
  }
}
