package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QualityReportTest {
  private static final HeldOutLosses LORA = losses(10, 20, 30);
  private static final HeldOutLosses DOUBLE = losses(12, 22, 32);
  private static final Map<String, HeldOutLosses> BOTH = Map.of("lora", LORA, "nf4-double", DOUBLE);

  @Test
  void shouldPutThePeerBeside() {
    List<Measure> measures =
        new QualityReport("nf4-double", "d.json", BOTH, Map.of("lora", LORA))
            .of(result(12, 22, 32), Optional.of(result(13, 23, 33)));
    assertThat(measures.stream().map(Measure::measure))
        .containsExactly("quality.nf4-double.held_out_loss", "quality.nf4-double.over_lora");
    assertThat(measures.get(0).ours()).isEqualTo(2.2);
    assertThat(measures.get(0).peer()).isEqualTo(2.3);
    assertThat(measures.get(0).note())
        .contains("d.json")
        .contains("ours above the peer's by -0.1000 (95% -0.1000 to -0.1000)")
        .contains("before training: ours 4.000, peer 4.000");
    assertThat(measures.get(1).ours()).isEqualTo(0.2);
    assertThat(measures.get(1).peer()).isEqualTo(0.3);
  }

  @Test
  void shouldTellWhatABeginningWinsBack() {
    List<Measure> measures =
        new QualityReport("loftq", "d.json", BOTH, Map.of())
            .of(result(11, 21, 31), Optional.empty());
    assertThat(measures).hasSize(3);
    assertThat(measures.get(2).measure()).isEqualTo("quality.loftq.won_back");
    assertThat(measures.get(2).ours()).isEqualTo(0.5);
    assertThat(measures.get(2).note()).contains("less than nf4-double by 0.1000");
  }

  @Test
  void shouldSayWhatIsMissing() {
    RunResults fault = new RunResults(List.of(), "ours: cut off");
    List<Measure> measures =
        new QualityReport("pissa", "d.json", Map.of(), Map.of()).of(fault, Optional.empty());
    assertThat(measures).extracting(Measure::ours).containsOnlyNulls();
    assertThat(measures.get(0).note()).contains("ours: cut off");
    assertThat(measures.get(1).note()).contains("lora has not been run");
    assertThat(measures.get(2).note()).contains("needs the regimes lora and nf4-double");
  }

  private static HeldOutLosses losses(double... sums) {
    return new HeldOutLosses(sums, new double[] {10, 10, 10});
  }

  private static RunResults result(double... sums) {
    ObjectNode result = Sides.task().put("heldOutBefore", 4.0).put("seconds", 1.5);
    for (double sum : sums) {
      result.withArray("heldOutSums").add(sum);
      result.withArray("heldOutTargets").add(10);
    }
    return new RunResults(List.of(result), null);
  }
}
