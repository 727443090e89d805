package io.affinage.trainer.work;

import io.affinage.events.ArtifactRef;
import io.affinage.events.EventData;
import io.affinage.trainer.engine.TrainingProgress;
import java.util.List;

/**
 * The right to work on one attempt of a job. What is told while it lasts may fail to reach the log
 * (the broker may be away); only {@link #end} and {@link #release} insist.
 */
public interface Tenure extends AutoCloseable {

  int attempt();

  String workerId();

  /** False once a later attempt or an end of the job was read. */
  boolean held();

  /** Keeps the lease. */
  void heartbeat(int step);

  void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss);

  void progressed(TrainingProgress progress);

  /** Gives the attempt up in good order; another worker may claim the next at once. */
  void release(String reason);

  /**
   * Ends the job: all events become visible, or none does.
   *
   * @param terminal ModelRegistered, TrainingFailed or TrainingCancelled
   * @param onward requests of the stages that come next
   * @throws TenureLostException when another attempt took over; nothing was written
   */
  void end(EventData terminal, List<EventData> onward)
      throws TenureLostException, InterruptedException;

  @Override
  void close();
}
