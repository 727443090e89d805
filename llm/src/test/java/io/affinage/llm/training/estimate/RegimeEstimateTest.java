package io.affinage.llm.training.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.AdamW;
import io.affinage.llm.training.optimizer.AdamWCompanded;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.List;
import java.util.OptionalDouble;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RegimeEstimateTest {
  private static final DecoderConfig LLAMA_70B =
      DecoderConfig.llama(
          new DecoderShape(128256, 8192, 28672, 80, 64, 8, 128, 131072, false), 1e-5, 500_000);
  private static final DecoderConfig SMOLLM2_135M =
      DecoderConfig.llama(
          new DecoderShape(49152, 576, 1536, 30, 9, 3, 64, 8192, true), 1e-5, 100_000);
  private static final long MATRICES_70B = 855_638_016L; // of a block
  private static final double MEGABYTE = 1e6;

  private static Workload workload(int batch, int length, OptimizerRule rule, boolean recompute) {
    return new Workload(
        batch, length, 16, List.of("all-linear"), Precision.BFLOAT16, rule, false, recompute);
  }

  private static Workload workload() {
    return workload(1, 64, AdamW.DEFAULT, true);
  }

  @Test
  void shouldCountTheWeightsOf70BToTheLast() {
    assertThat(LLAMA_70B.parameters()).isEqualTo(70_553_706_496L);
    WeightMemory plain = WeightMemory.of(LLAMA_70B, Precision.BFLOAT16, WeightForm.PLAIN, false);
    assertThat(plain).isEqualTo(new WeightMemory(141_107_412_992L, 0, 0, 0));

    // Half a byte a weight, a byte for 64, a float32 for 64 x 256, the mean of seven matrices.
    long packed = MATRICES_70B / 2 + MATRICES_70B / 64 + 4 * (MATRICES_70B / 64 / 256) + 7 * 4;
    long others = 2 * (70_553_706_496L - 80 * MATRICES_70B);
    assertThat(WeightMemory.of(LLAMA_70B, Precision.BFLOAT16, WeightForm.NF4_DOUBLE, false))
        .isEqualTo(new WeightMemory(others + 80 * packed, 2 * 2 * MATRICES_70B, 0, 0));
    assertThat(WeightMemory.of(LLAMA_70B, Precision.BFLOAT16, WeightForm.NF4_DOUBLE, true))
        .isEqualTo(
            new WeightMemory(
                others - 2 * 2 * 128256L * 8192,
                2 * 2 * MATRICES_70B + 2 * packed,
                80 * packed,
                2 * 2 * 128256L * 8192));

    long single = MATRICES_70B / 2 + 4 * (MATRICES_70B / 64) + 7 * 4;
    assertThat(WeightMemory.of(LLAMA_70B, Precision.BFLOAT16, WeightForm.NF4, true).onDisk())
        .isEqualTo(80 * single);
  }

  @Test
  void shouldCountWhatIsTrainedToTheLast() {
    TrainedMemory lora = RegimeEstimate.of(LLAMA_70B, Regime.QLORA, workload()).memory().trained();
    long elements = 80L * 16 * ((8192 + 8192) * 2 + (8192 + 1024) * 2 + 3 * (8192 + 28672));
    assertThat(lora)
        .isEqualTo(
            new TrainedMemory(elements, 2 * elements, 4 * elements, 4 * elements, 8 * elements, 0));
    assertThat(elements).isEqualTo(207_093_760L);

    TrainedMemory full = RegimeEstimate.of(LLAMA_70B, Regime.FULL, workload()).memory().trained();
    long all = LLAMA_70B.parameters();
    assertThat(full).isEqualTo(new TrainedMemory(all, 0, 2 * all, 2 * all, 8 * all, 0));
  }

  /** bench/RESULTS.md; within 30%. */
  @Test
  void shouldComeNearToWhatWasMeasured() {
    assertThat(peak(Regime.LORA, workload(4, 128, AdamW.DEFAULT, false)))
        .as("step")
        .isCloseTo(1175 * MEGABYTE, Percentage.withPercentage(30));
    assertThat(peak(Regime.FULL, workload(8, 50, AdamWCompanded.DEFAULT, false)))
        .as("full")
        .isCloseTo(1618 * MEGABYTE, Percentage.withPercentage(30));
    assertThat(peak(Regime.LORA, workload(8, 56, AdamW.DEFAULT, false)))
        .as("sft")
        .isCloseTo(1070 * MEGABYTE, Percentage.withPercentage(30));
  }

  private static double peak(Regime regime, Workload workload) {
    return RegimeEstimate.of(SMOLLM2_135M, regime, workload).memory().peak();
  }

  @Test
  void shouldOrderRegimesByWhatTheyKeep() {
    List<Long> peaks =
        RegimeEstimate.all(LLAMA_70B, workload()).stream()
            .map(each -> each.memory().peak())
            .toList();

    assertThat(peaks.get(0)).as("full over LoRA").isGreaterThan(3 * peaks.get(1));
    assertThat(peaks.get(1)).as("LoRA over QLoRA").isGreaterThan(3 * peaks.get(2));
    assertThat(peaks.get(3)).as("QLoRA streamed").isLessThan(16L << 30);
    assertThat(peaks.get(2)).as("QLoRA").isBetween(37L << 30, 48L << 30);
  }

  @ParameterizedTest
  @EnumSource(Regime.class)
  void shouldGrowWithTheMicroBatchAndTheLength(Regime regime) {
    long one = RegimeEstimate.of(LLAMA_70B, regime, workload()).memory().peak();
    Workload wider = workload(4, 64, AdamW.DEFAULT, true);
    Workload longer = workload(1, 4096, AdamW.DEFAULT, true);
    long wide = RegimeEstimate.of(LLAMA_70B, regime, wider).memory().peak();

    assertThat(wide).isGreaterThan(one);
    assertThat(RegimeEstimate.of(LLAMA_70B, regime, longer).memory().peak()).isGreaterThan(wide);
  }

  @Test
  void shouldKeepLessWhereActivationsAreComputedAgainAndTakeMoreWork() {
    RegimeEstimate kept =
        RegimeEstimate.of(LLAMA_70B, Regime.LORA, workload(4, 512, AdamW.DEFAULT, false));
    RegimeEstimate again =
        RegimeEstimate.of(LLAMA_70B, Regime.LORA, workload(4, 512, AdamW.DEFAULT, true));

    assertThat(again.memory().activations().bytes())
        .isLessThan(kept.memory().activations().bytes() / 2);
    assertThat(again.work().flops()).isGreaterThan(kept.work().flops());
  }

  @Test
  void shouldCountTheWorkOfAToken() {
    Workload one = workload(1, 1, AdamW.DEFAULT, false);
    double matrices = 80.0 * MATRICES_70B;
    double head = 128256.0 * 8192;
    double attention = 2.0 * 8192 * 80;

    assertThat(RegimeEstimate.of(LLAMA_70B, Regime.GENERATE, one).work().flops())
        .isEqualTo(2 * (matrices + head + attention));
    assertThat(RegimeEstimate.of(LLAMA_70B, Regime.LORA, one).work().flops())
        .isEqualTo(4 * (matrices + head) + 6 * attention);
    assertThat(RegimeEstimate.of(LLAMA_70B, Regime.FULL, one).work().flops())
        .isEqualTo(6 * (matrices + head) + 6 * attention);
    Work streamed = RegimeEstimate.of(LLAMA_70B, Regime.QLORA_STREAMED, one).work();
    assertThat(streamed.dequantized())
        .isCloseTo(159.0 * MATRICES_70B, Percentage.withPercentage(1e-9));
    assertThat(streamed.bytesRead())
        .isCloseTo(
            159.0
                / 80
                * WeightMemory.of(LLAMA_70B, Precision.BFLOAT16, WeightForm.NF4_DOUBLE, true)
                    .onDisk(),
            Percentage.withPercentage(1e-9));
  }

  @Test
  void shouldTellTimesOfKnownRatesAlone() {
    Work work = new Work(4e12, 3e9, 8e9);
    OptionalDouble unknown = OptionalDouble.empty();

    assertThat(Speed.UNKNOWN.seconds(work)).isEmpty();
    assertThat(speed(2e12, 1e9, unknown).seconds(work)).as("the disk's is missing").isEmpty();
    assertThat(speed(2e12, 1e9, OptionalDouble.of(8e9)).seconds(work).getAsDouble())
        .as("half of the product's rate, dequantization on top, reading beside it")
        .isCloseTo(4 + 3, within(1e-9));
    assertThat(speed(2e12, 1e9, OptionalDouble.of(1e9)).seconds(work).getAsDouble())
        .as("the disk is slower")
        .isCloseTo(8, within(1e-9));
    assertThat(
            new Speed(OptionalDouble.of(2e12), unknown, unknown)
                .seconds(new Work(4e12, 0, 0))
                .getAsDouble())
        .isCloseTo(4, within(1e-9));
  }

  private static Speed speed(double flops, double dequantized, OptionalDouble disk) {
    return new Speed(OptionalDouble.of(flops), OptionalDouble.of(dequantized), disk);
  }

  @Test
  void shouldRefuseLayersThatTheModelLacks() {
    Workload wrong =
        new Workload(1, 1, 16, List.of("c_attn"), Precision.BFLOAT16, AdamW.DEFAULT, false, true);

    assertThatThrownBy(() -> RegimeEstimate.of(LLAMA_70B, Regime.LORA, wrong))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("c_attn");
    assertThatThrownBy(() -> workload(0, 1, AdamW.DEFAULT, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("batch");
  }
}
