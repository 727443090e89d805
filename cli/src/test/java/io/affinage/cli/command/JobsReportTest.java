package io.affinage.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.cli.client.JobView;
import io.affinage.events.ErrorDetail;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.Warning;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobsReportTest {
  private static JobsReport failed(ErrorDetail error) {
    return new JobsReport(
        List.of(
            new JobView(
                "ftjob-1", JobView.Status.FAILED, 2, "w", null, null, null, null, error, null)));
  }

  @Test
  void shouldSayWhyAJobFailed() {
    JobsReport report =
        failed(new ErrorDetail("non_finite_loss", "step 7:\n  batch 3 gave NaN", "x"));

    assertThat(report.lines()).element(2).asString().endsWith("non_finite_loss");
    assertThat(report.lines()).last().isEqualTo("ftjob-1: step 7: batch 3 gave NaN");
  }

  @Test
  void shouldCutALongMessageForPeopleAlone() {
    ErrorDetail error = new ErrorDetail("invalid", "word ".repeat(200), null);
    JobsReport report = failed(error);

    assertThat(report.lines().get(report.lines().size() - 1))
        .hasSizeLessThan(300)
        .endsWith("word ... (whole with --json)");
    assertThat(report.json()).singleElement().extracting("error").isEqualTo(error);
  }

  @Test
  void shouldTellWhatIsToBeKnownOfAJobThatRuns() {
    Warning warning = new Warning("rows_left_out", "1 row of 9 is not learned from");
    JobsReport report =
        running(
            new TrainingProgressed(
                "ftjob-1", 1, "w", 0, 9, null, null, 0, null, null, null, List.of(warning), null),
            null);

    assertThat(report.lines())
        .last()
        .isEqualTo("ftjob-1: warning: 1 row of 9 is not learned from [rows_left_out]");
    assertThat(report.json()).singleElement().extracting("warnings").isEqualTo(List.of(warning));
  }

  @Test
  void shouldShowWhatAJobWaitsFor() {
    ErrorDetail full =
        new ErrorDetail("artifact_store_full", "cannot store the model: no room", null);
    JobsReport report = running(null, full);

    assertThat(report.lines()).element(2).asString().contains("waiting");
    assertThat(report.lines()).last().isEqualTo("ftjob-1 waits: cannot store the model: no room");
    assertThat(report.json()).singleElement().extracting("status").isEqualTo("running");
    assertThat(report.json()).singleElement().extracting("waiting").isEqualTo(full);
  }

  /** Rewards and divergence stand in the table where some job has them. */
  @Test
  void shouldShowTheRewardOfAJobThatSamples() {
    JobsReport report =
        running(
            new TrainingProgressed(
                "ftjob-1",
                1,
                "w",
                4,
                9,
                0.1,
                null,
                0,
                null,
                null,
                Map.of("reward", 0.25, "kl", 0.0125)),
            null);

    assertThat(report.lines().get(0)).contains("iteration", "reward", "kl");
    assertThat(report.lines()).element(2).asString().contains("0.250", "0.0125");
    assertThat(report.json())
        .singleElement()
        .satisfies(
            job -> {
              assertThat(job).containsEntry("reward", 0.25).containsEntry("kl", 0.0125);
              assertThat(job).containsEntry("iteration", 4);
            });
    assertThat(running(null, null).lines().get(0)).doesNotContain("reward");
  }

  private static JobsReport running(TrainingProgressed progress, ErrorDetail waiting) {
    return new JobsReport(
        List.of(
            new JobView(
                "ftjob-1",
                JobView.Status.RUNNING,
                1,
                "w",
                null,
                null,
                progress,
                null,
                null,
                waiting)));
  }

  @Test
  void shouldHaveNoReasonsWhereNothingFailed() {
    JobsReport report =
        new JobsReport(
            List.of(
                new JobView(
                    "ftjob-1",
                    JobView.Status.RUNNING,
                    1,
                    "w",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null)));
    assertThat(report.lines()).hasSize(3);
    assertThat(new JobsReport(List.of()).lines())
        .containsExactly("No jobs yet. Try ./affinage demo");
  }
}
