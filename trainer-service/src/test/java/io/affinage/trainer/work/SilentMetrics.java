package io.affinage.trainer.work;

import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineProgress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what tests ask for, and nothing else. */
public final class SilentMetrics implements WorkMetrics {
  private final AtomicInteger unsent = new AtomicInteger();
  private final AtomicInteger missed = new AtomicInteger();
  private final AtomicInteger waits = new AtomicInteger();

  @Override
  public void running() {}

  @Override
  public void idle() {}

  @Override
  public void leaseExpired() {}

  @Override
  public void step(EngineProgress progress) {}

  @Override
  public void block(EngineBlock block) {}

  @Override
  public void checkpointStored(Duration duration) {}

  @Override
  public void gaveBack(String code) {}

  @Override
  public void finished(String outcome, String code) {}

  @Override
  public void checkpointMissed() {
    missed.incrementAndGet();
  }

  @Override
  public void waiting(boolean waiting) {
    if (waiting) {
      waits.incrementAndGet();
    }
  }

  @Override
  public void unsent(String topic) {
    unsent.incrementAndGet();
  }

  /** Checkpoints that were not kept. */
  public int missed() {
    return missed.get();
  }

  /** Times that a job began or went on to wait. */
  public int waits() {
    return waits.get();
  }

  /** Events that could not be sent. */
  public int unsent() {
    return unsent.get();
  }
}
