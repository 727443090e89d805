package io.affinage.trainer.work;

import io.affinage.trainer.engine.TrainingProgress;
import java.time.Duration;

/** Counts nothing. */
public final class SilentMetrics implements WorkMetrics {
  @Override
  public void running() {}

  @Override
  public void idle() {}

  @Override
  public void leaseExpired() {}

  @Override
  public void step(TrainingProgress progress) {}

  @Override
  public void checkpointStored(Duration duration) {}

  @Override
  public void finished(String outcome, String code) {}
}
