package io.affinage.llm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Against the loss of TRL's reward trainer; see src/test/python/bradley_terry_fixture.py. */
class BradleyTerryTest {
  @Test
  void shouldGiveTheReferencesLossAndGradients() throws IOException {
    Path file = Path.of("src/test/resources/objectives/bradley-terry.json");
    for (JsonNode each : new ObjectMapper().readTree(file.toFile()).get("cases")) {
      List<ScoredGroup> groups = new ArrayList<>();
      for (int i = 0; i < each.get("chosen").size(); i++) {
        Map<Signal, float[]> known =
            each.get("margins").isNull()
                ? Map.of()
                : Map.of(Signal.MARGIN, score(each.get("margins").get(i)));
        groups.add(
            new ScoredGroup(
                List.of(
                    new ScoredSequence(score(each.get("chosen").get(i)), known),
                    new ScoredSequence(score(each.get("rejected").get(i)), known))));
      }
      Loss loss = new BradleyTerry(each.get("centering").asDouble()).of(ScoredBatch.whole(groups));

      assertThat(loss.value()).isCloseTo(each.get("loss").asDouble(), within(1e-6));
      for (int i = 0; i < groups.size(); i++) {
        assertThat(loss.derivatives().get(i).get(0)[0])
            .isCloseTo(each.get("chosen_gradient").get(i).asDouble(), within(1e-6));
        assertThat(loss.derivatives().get(i).get(1)[0])
            .isCloseTo(each.get("rejected_gradient").get(i).asDouble(), within(1e-6));
      }
      assertThat(loss.metrics().get("rewards/accuracies"))
          .isCloseTo(each.get("accuracy").asDouble(), within(1e-9));
      assertThat(loss.metrics().get("rewards/margins"))
          .isCloseTo(each.get("margin").asDouble(), within(1e-6));
      DoubleSummaryStatistics all =
          Stream.of(each.get("chosen"), each.get("rejected"))
              .flatMap(scores -> StreamSupport.stream(scores.spliterator(), false))
              .mapToDouble(JsonNode::asDouble)
              .summaryStatistics();
      assertThat(loss.metrics().get("mean_reward")).isCloseTo(all.getAverage(), within(1e-6));
      assertThat(loss.metrics().get("min_reward")).isCloseTo(all.getMin(), within(1e-6));
      assertThat(loss.metrics().get("max_reward")).isCloseTo(all.getMax(), within(1e-6));
    }
  }

  @Test
  void shouldRefuseWhatIsNoScoreAndNoCentering() {
    ScoredSequence tokens = new ScoredSequence(new float[] {1, 2}, Map.of());
    ScoredBatch batch = ScoredBatch.whole(List.of(new ScoredGroup(List.of(tokens, tokens))));

    assertThatThrownBy(() -> new BradleyTerry(0).of(batch))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Objectives.of("bradley_terry", Map.of("centering", -1.0)))
        .isInstanceOf(LlmException.class);
  }

  private static float[] score(JsonNode number) {
    return new float[] {(float) number.asDouble()};
  }
}
