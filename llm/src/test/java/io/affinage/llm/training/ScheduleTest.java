package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Factors against those of transformers. */
class ScheduleTest {
  private static final int STEPS = 23;
  private static final double FOUR_STEPS = 4.0 / 23;
  private static final double SIX_STEPS = 6.0 / 23;

  @ParameterizedTest
  @CsvSource({
    "constant, CONSTANT, 0",
    "linear, LINEAR, 0",
    "linear_floor, LINEAR, 0.1",
    "cosine, COSINE, 0",
    "cosine_floor, COSINE, 0.1",
    "wsd, WSD, 0",
    "wsd_floor, WSD, 0.1"
  })
  void shouldGiveTheReferencesFactors(String name, Schedule.Shape shape, double floor)
      throws IOException {
    JsonNode expected =
        new ObjectMapper()
            .readTree(ScheduleTest.class.getResourceAsStream("/training/optimizers.json"))
            .get("schedules")
            .get(name);
    Schedule schedule = new Schedule(shape, FOUR_STEPS, SIX_STEPS, floor);

    assertThat(expected.size()).isEqualTo(STEPS);
    for (int step = 0; step < STEPS; step++) {
      assertThat(schedule.factor(step, STEPS))
          .as("step %d", step)
          .isCloseTo(expected.get(step).asDouble(), within(1e-12));
    }
  }

  @Test
  void shouldRefuseANameThatDoesNotExistAndSayWhichDo() {
    assertThatThrownBy(() -> Schedule.Shape.of("triangle"))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("triangle")
        .hasMessageContaining("constant, linear, cosine, wsd");
  }
}
