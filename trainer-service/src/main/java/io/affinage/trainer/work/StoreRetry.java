package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.trainer.engine.TrainingException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** Tries the artifact store again before a job is given up: it may be full or away for a while. */
final class StoreRetry {
  private static final Logger LOG = System.getLogger(StoreRetry.class.getName());

  /** Work with the store. */
  @FunctionalInterface
  interface Action<T> {
    T run() throws IOException, TrainingException;
  }

  /** Faults that may go away by themselves, or by what an operator does. */
  private static final Set<ArtifactFault> PASSING =
      EnumSet.of(
          ArtifactFault.ARTIFACT_STORE_FULL,
          ArtifactFault.ARTIFACT_STORE_READ_ONLY,
          ArtifactFault.ARTIFACT_STORE_DENIED,
          ArtifactFault.ARTIFACT_STORE_UNAVAILABLE);

  private final int retries;
  private final Duration firstPause;

  StoreRetry(int retries, Duration firstPause) {
    this.retries = retries;
    this.firstPause = firstPause;
  }

  /**
   * @param what for people: what is being done
   * @throws TrainingException with the store's code
   */
  <T> T call(String what, Action<T> action) throws TrainingException, InterruptedException {
    Duration pause = firstPause;
    for (int tries = 1; ; tries++) {
      try {
        return action.run();
      } catch (IOException e) {
        if (tries > retries || !mayPass(e)) {
          throw failure(what, tries, e);
        }
        LOG.log(Level.WARNING, "Cannot {0}, trying again in {1}: {2}", what, pause, e.toString());
        Thread.sleep(pause.toMillis());
        pause = pause.multipliedBy(2);
      }
    }
  }

  private static boolean mayPass(IOException e) {
    return !(e instanceof ArtifactStoreException known) || PASSING.contains(known.fault());
  }

  private static TrainingException failure(String what, int tries, IOException e) {
    String message =
        "cannot " + what + (tries > 1 ? " after " + tries + " tries: " : ": ") + e.getMessage();
    ArtifactFault fault =
        e instanceof ArtifactStoreException known
            ? known.fault()
            : ArtifactFault.ARTIFACT_STORE_UNAVAILABLE;
    return new TrainingException(fault.code(), message, null, e);
  }
}
