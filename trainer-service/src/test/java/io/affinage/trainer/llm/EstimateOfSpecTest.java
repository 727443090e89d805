package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.quantization.GgufSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is not known is not told: a job that has room would be refused for it. */
class EstimateOfSpecTest {
  private static final NoAdapter NONE = new NoAdapter();
  private static final LoraSpec LORA = new LoraSpec(4, null, 0.1, null, null, null, null);

  private static boolean known(AdapterSpec adapter, TrainingSpec.Weights weights) throws Exception {
    return EstimateOfSpec.knows(
        SpecResolver.resolve(
            Settings.build(TrainingSpec.class)
                .with("method", "sft")
                .with("maxSteps", 2)
                .with("adapter", adapter)
                .with("weights", weights)
                .record(),
            false));
  }

  @Test
  void shouldKnowTrainingsOfAllWeightsAndAdapters() throws Exception {
    assertThat(known(NONE, new TrainingSpec.Weights("all", null, null, null))).isTrue();
    assertThat(known(NONE, new TrainingSpec.Weights("head", null, null, null))).isFalse();
    assertThat(
            known(
                NONE, new TrainingSpec.Weights(null, null, null, List.of("model.embed_tokens.*"))))
        .isFalse();
    assertThat(known(LORA, null)).isTrue();
  }

  @Test
  void shouldKnowBasesInNf4AndNotThoseInAFilesOwnBlocks() throws Exception {
    assertThat(quantized(new Nf4Spec(true, null))).isTrue();
    assertThat(quantized(new GgufSpec())).isFalse();
  }

  private static boolean quantized(QuantizationSpec form) throws Exception {
    return EstimateOfSpec.knows(
        SpecResolver.resolve(
            Settings.build(TrainingSpec.class)
                .with("method", "sft")
                .with("maxSteps", 2)
                .with("adapter", LORA)
                .with("quantization", form)
                .record(),
            false));
  }
}
