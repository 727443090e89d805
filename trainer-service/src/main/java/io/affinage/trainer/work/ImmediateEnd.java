package io.affinage.trainer.work;

import io.affinage.events.ErrorDetail;
import io.affinage.events.Understanding;
import io.affinage.events.lease.GivenBack;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Job;
import java.util.Optional;

/** How a job ends that needs no training, or no more of it. */
sealed interface ImmediateEnd {

  /** A user cancelled it while nobody worked on it. */
  record Cancelled() implements ImmediateEnd {}

  /** It can never succeed. */
  record Failed(ErrorDetail error) implements ImmediateEnd {}

  /**
   * @param settings how many attempts a job may cost
   * @return empty for a job that should be trained, is being trained or paused, or has ended
   */
  static Optional<ImmediateEnd> of(Job job, WorkSettings settings) {
    return job.claimable() ? ofUnattended(job, settings) : Optional.empty();
  }

  /** As above for a job that no other worker has. */
  static Optional<ImmediateEnd> ofUnattended(Job job, WorkSettings settings) {
    if (job.cancelWanted()) {
      return Optional.of(new Cancelled());
    }
    Optional<ErrorDetail> refusal = Understanding.refusal(job.requestEvent());
    if (refusal.isPresent()) {
      return Optional.of(new Failed(refusal.get()));
    }
    if (isLeftToOthers(job)) {
      return Optional.empty();
    }
    if (job.rejection() != null) {
      return Optional.of(
          new Failed(
              new ErrorDetail(
                  "invalid_training_file",
                  "the training file was rejected: " + job.rejection().message(),
                  "training_file")));
    }
    if (job.lostAttempts() >= settings.maxLostAttempts()) {
      return Optional.of(
          new Failed(
              new ErrorDetail(
                  "attempts_exhausted",
                  job.lostAttempts()
                      + " attempts in a row died without a new checkpoint; the workers' logs tell"
                      + " why (too little memory is the usual cause)",
                  null)));
    }
    if (job.givenBack().size() >= settings.maxGivenBack()) {
      return Optional.of(new Failed(GivenBack.exhausted(job.givenBack())));
    }
    try {
      SpecResolver.resolve(
          job.spec().orElse(job.request().spec()),
          BaseReference.parse(job.request().baseModel()).isScratch());
      return Optional.empty();
    } catch (InvalidSpecException e) {
      return Optional.of(new Failed(e.detail()));
    } catch (TrainingException e) {
      return Optional.of(new Failed(e.detail()));
    }
  }

  /**
   * Whether a newer version has asked for it, or has begun it and recorded how it is carried out,
   * with settings that this one does not know.
   */
  static boolean isLeftToOthers(Job job) {
    return Understanding.newer(job.requestEvent()).isPresent() || job.newerSpec().isPresent();
  }
}
