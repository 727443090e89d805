package io.affinage.dataset.submission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a dataset lacks for the stages of its run is known before any of them begins. */
class StageNeedsTest {
  private static final ArtifactRef FOLDER =
      new ArtifactRef("sha256:" + "ab".repeat(32), ArtifactRef.Kind.FOLDER, 1);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | {}                                | empty_split",
        "9 | 0 | {}                                |",
        "9 | 0 | {'evaluation': {'everySteps': 0}} |",
        "9 | 0 | {'evaluation': {'everySteps': 2}} | no_held_out_examples",
        "9 | 1 | {'evaluation': {'everySteps': 2}} |",
      })
  void shouldNameWhatATrainingLacks(long train, long validation, String spec, String code)
      throws Exception {
    TrainingSpec asked = new ObjectMapper().readValue(spec.replace('\'', '"'), TrainingSpec.class);
    DatasetReady ready =
        new DatasetReady(
            "sub",
            "data",
            FOLDER,
            DatasetLayout.MESSAGES,
            new DatasetCounts(9, 9, 0, 0),
            Map.of("train", train, "validation", validation),
            new RoutingSlip("run", List.of(new Stage.Train("scratch", asked, null))));

    assertThat(StageNeeds.unmet(ready).map(error -> error.code()).orElse(null)).isEqualTo(code);
  }
}
