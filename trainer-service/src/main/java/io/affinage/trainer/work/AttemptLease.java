package io.affinage.trainer.work;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EventData;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Recorded;
import java.util.List;
import java.util.Optional;

/**
 * The right to work on one attempt of a job. What is told while it lasts may fail to reach the log
 * (the broker may be away); only {@link #end} and {@link #release} insist.
 */
public interface AttemptLease extends AutoCloseable {

  int attempt();

  String workerId();

  /** False once a later attempt or an end of the job was read. */
  boolean held();

  /**
   * Keeps the lease.
   *
   * @param waiting what keeps the attempt from going on; empty while it goes on
   */
  void heartbeat(int step, Optional<ErrorDetail> waiting);

  void checkpointed(int step, ArtifactRef checkpoint, Double trainLoss);

  void progressed(EngineProgress progress);

  /**
   * What the job's attempts recorded of rollouts, in order.
   *
   * @throws TrainingException {@code broker_unavailable}
   */
  List<Recorded> recorded() throws TrainingException;

  /**
   * Puts an event about rollouts on record, and waits until it is there.
   *
   * @param entry RolloutsSampled, RolloutsScored or PolicyUpdated
   * @throws AttemptLeaseLostException when another attempt took over; nothing was written
   */
  void record(EventData entry) throws AttemptLeaseLostException, InterruptedException;

  /** Gives the attempt up in good order; another worker may claim the next at once. */
  void release(String reason);

  /** Gives the attempt back, for this worker cannot do it and another may; it is counted. */
  void giveBack(ErrorDetail why);

  /**
   * Ends the job: all events become visible, or none does.
   *
   * @param terminal ModelRegistered, TrainingFailed or TrainingCancelled
   * @param onward requests of the stages that come next
   * @throws AttemptLeaseLostException when another attempt took over; nothing was written
   */
  void end(EventData terminal, List<EventData> onward)
      throws AttemptLeaseLostException, InterruptedException;

  @Override
  void close();
}
