package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.events.ErrorDetail;
import io.affinage.events.ErrorKind;
import io.affinage.trainer.engine.TrainingException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tries the artifact store and the disk again for one attempt: they may be full or away for a
 * while. What cost work is kept on the disk and tried for as long as the lease is held; other work
 * a number of times. Meanwhile the attempt says what it waits for.
 */
final class StoreRetry {
  private static final Logger LOG = System.getLogger(StoreRetry.class.getName());

  /** Work with the store. */
  @FunctionalInterface
  interface Action<T> {
    T run() throws IOException, TrainingException;
  }

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /** How often is looked meanwhile whether to wait on. */
  private static final Duration GLANCE = Duration.ofMillis(200);

  private final String jobId;
  private final Supplier<Optional<StopReason>> stop;
  private final Consumer<Optional<ErrorDetail>> waiting;
  private final int retries;
  private final Duration firstPause;

  /**
   * @param stop why to wait no longer
   * @param waiting told what the attempt waits for, and empty once it goes on
   * @param retries for what cost no work
   */
  StoreRetry(
      String jobId,
      Supplier<Optional<StopReason>> stop,
      Consumer<Optional<ErrorDetail>> waiting,
      int retries,
      Duration firstPause) {
    this.jobId = jobId;
    this.stop = stop;
    this.waiting = waiting;
    this.retries = retries;
    this.firstPause = firstPause;
  }

  /**
   * Does something that can be done anew at little cost.
   *
   * @param what for people: what is being done
   * @throws TrainingException with the store's code
   * @throws WaitEndedException when there is a reason to stop
   */
  <T> T call(String what, Action<T> action) throws TrainingException, InterruptedException {
    return repeat(what, action, retries, EnumSet.allOf(StopReason.class));
  }

  /**
   * Keeps the fruit of work: tries for as long as the lease is held. A user's pause changes nothing
   * about it, and a shutdown only once it interrupts.
   *
   * @throws TrainingException with the store's code, for what no waiting mends
   * @throws WaitEndedException when the job was taken over or cancelled
   */
  <T> T insist(String what, Action<T> action) throws TrainingException, InterruptedException {
    return repeat(
        what, action, Integer.MAX_VALUE, EnumSet.of(StopReason.LOST, StopReason.CANCELLED));
  }

  private <T> T repeat(String what, Action<T> action, int most, Set<StopReason> ends)
      throws TrainingException, InterruptedException {
    Duration pause = firstPause;
    for (int tries = 1; ; tries++) {
      try {
        T done = action.run();
        if (tries > 1) {
          goOn(what, tries);
        }
        return done;
      } catch (IOException e) {
        if (tries > most || !mayPass(e)) {
          throw failure(what, tries, e);
        }
        await(what, detail(what, tries, e), pause, ends);
        pause = longer(pause);
      } catch (TrainingException e) {
        if (tries > most || e.kind() != ErrorKind.PASSING) {
          throw e;
        }
        await(what, e.detail(), pause, ends);
        pause = longer(pause);
      }
    }
  }

  /**
   * Waits for room on the disk, or whatever kept something from being written to it.
   *
   * @param tries how often it was tried, from 1
   * @throws WaitEndedException when the job was taken over or cancelled
   */
  void awaitRoom(String what, int tries, Exception failure) throws InterruptedException {
    Duration pause = firstPause;
    for (int i = 1; i < tries; i++) {
      pause = longer(pause);
    }
    String code =
        failure instanceof TrainingException known ? known.detail().code() : "disk_unusable";
    ErrorDetail why =
        new ErrorDetail(code, "cannot %s: %s".formatted(what, failure.getMessage()), null);
    await(what, why, pause, EnumSet.of(StopReason.LOST, StopReason.CANCELLED));
  }

  /** Tells that what was waited for has come. */
  void goOn(String what, int tries) {
    LOG.log(Level.INFO, "Job {0}: could {1} at try {2}, going on", jobId, what, tries);
    waiting.accept(Optional.empty());
  }

  private void await(String what, ErrorDetail why, Duration pause, Set<StopReason> ends)
      throws InterruptedException {
    LOG.log(Level.WARNING, "Job {0} waits, trying again in {1}: {2}", jobId, pause, why.message());
    waiting.accept(Optional.of(why));
    long until = System.nanoTime() + pause.toNanos();
    for (long left = pause.toNanos(); left > 0; left = until - System.nanoTime()) {
      Optional<StopReason> reason = stop.get().filter(ends::contains);
      if (reason.isPresent()) {
        throw new WaitEndedException(reason.get());
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(left, GLANCE.toNanos()));
    }
  }

  private static Duration longer(Duration pause) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  private static boolean mayPass(IOException e) {
    return !(e instanceof ArtifactStoreException known)
        || ErrorKind.of(known.code()) == ErrorKind.PASSING;
  }

  private static ErrorDetail detail(String what, int tries, IOException e) {
    ArtifactFault fault =
        e instanceof ArtifactStoreException known
            ? known.fault()
            : ArtifactFault.ARTIFACT_STORE_UNAVAILABLE;
    return new ErrorDetail(
        fault.code(),
        "cannot " + what + (tries > 1 ? " after " + tries + " tries: " : ": ") + e.getMessage(),
        null);
  }

  private static TrainingException failure(String what, int tries, IOException e) {
    ErrorDetail detail = detail(what, tries, e);
    return new TrainingException(detail.code(), detail.message(), null, e);
  }
}
