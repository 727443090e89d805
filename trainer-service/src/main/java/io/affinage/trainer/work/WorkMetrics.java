package io.affinage.trainer.work;

import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineProgress;
import java.time.Duration;

/** What is counted while working. */
public interface WorkMetrics {

  /** A job is being trained from now on. */
  void running();

  /** No job is being trained any more. */
  void idle();

  /** This process took over an attempt whose worker had fallen silent. */
  void leaseExpired();

  void step(EngineProgress progress);

  /** A block that is read from disk was computed with; on any thread. */
  void block(EngineBlock block);

  void checkpointStored(Duration duration);

  /** A checkpoint was not written or not stored; training went on. */
  void checkpointMissed();

  /** Whether the running job waits for a disk or the artifact store. */
  void waiting(boolean waits);

  /** An event could not be sent and was dropped; on any thread. */
  void unsent(String topic);

  /**
   * A job was given back, for this worker could not do it.
   *
   * @param code the error's
   */
  void gaveBack(String code);

  /**
   * A job came to its end here.
   *
   * @param outcome {@code succeeded}, {@code failed} or {@code cancelled}
   * @param code the error's code, or {@code none}
   */
  void finished(String outcome, String code);
}
