package io.affinage.trainer.config;

import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.stream.Stream;

/** The whole queue as this instance sees it; scaling goes by these. */
final class QueueMetrics {
  private QueueMetrics() {}

  static void register(JobBoard board, MeterRegistry registry) {
    Gauge.builder("affinage.training.queued", () -> queued(board).count()).register(registry);
    Gauge.builder("affinage.training.queued.age", () -> age(board))
        .baseUnit("seconds")
        .register(registry);
  }

  private static Stream<Job> queued(JobBoard board) {
    return board.open().stream().filter(job -> job.status() == JobStatus.QUEUED);
  }

  private static double age(JobBoard board) {
    long now = System.currentTimeMillis();
    return queued(board).mapToDouble(job -> (now - job.requestedAt()) / 1e3).max().orElse(0);
  }
}
