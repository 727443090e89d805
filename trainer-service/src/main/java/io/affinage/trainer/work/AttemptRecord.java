package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EventData;
import io.affinage.events.PolicyUpdated;
import io.affinage.events.RolloutsSampled;
import io.affinage.events.RolloutsScored;
import io.affinage.trainer.engine.RolloutRecord;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Recorded;
import io.affinage.trainer.job.Refs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A job's rollouts, scores and updates: files in the artifact store, named by events that only the
 * holder of the lease can write. What earlier attempts recorded is read once, when it is first
 * asked for.
 */
final class AttemptRecord implements RolloutRecord {
  private static final Logger LOG = System.getLogger(AttemptRecord.class.getName());

  private final String jobId;
  private final AttemptLease attemptLease;
  private final ArtifactStore artifacts;
  private final StoreRetry store;
  private final Map<Sample, List<Found>> sampled = new HashMap<>();
  private final Map<Batch, List<RolloutsSampled>> batches = new HashMap<>();
  private final Map<String, List<RolloutsScored>> scored = new HashMap<>();
  private final Map<Integer, PolicyUpdated> updates = new TreeMap<>();

  /** The answers that were looked up or kept last, to which alone scores belong. */
  private Optional<RolloutsSampled> inUse = Optional.empty();

  private boolean read;

  /** What was sampled by which weights. */
  private record Sample(int iteration, String policy) {}

  /** A part of what was sampled. */
  private record Batch(Sample of, int number) {}

  /** An entry and when it was written. */
  private record Found(RolloutsSampled entry, Instant at) {}

  AttemptRecord(
      String jobId, AttemptLease attemptLease, ArtifactStore artifacts, StoreRetry store) {
    this.jobId = jobId;
    this.attemptLease = attemptLease;
    this.artifacts = artifacts;
    this.store = store;
  }

  /** The last that were recorded: earlier ones were lost, or did not answer what was asked. */
  @Override
  public Optional<Sampled> sampled(int iteration, String policy) throws TrainingException {
    readOnce();
    List<Found> all = sampled.getOrDefault(new Sample(iteration, policy), List.of());
    for (int i = all.size() - 1; i >= 0; i--) {
      Found found = all.get(i);
      Optional<Path> file = file("read rollouts", found.entry().rollouts());
      if (file.isPresent()) {
        inUse = Optional.of(found.entry());
        return Optional.of(new Sampled(file.get(), found.at()));
      }
    }
    return Optional.empty();
  }

  @Override
  public void recordSampled(int iteration, String policy, int completions, Path file)
      throws TrainingException {
    ArtifactRef stored = stored("store the rollouts of iteration " + iteration, file);
    inUse = Optional.of(recorded(iteration, policy, stored, completions, null));
  }

  @Override
  public Optional<Path> batch(int iteration, String policy, int number) throws TrainingException {
    readOnce();
    List<RolloutsSampled> all =
        batches.getOrDefault(new Batch(new Sample(iteration, policy), number), List.of());
    for (int i = all.size() - 1; i >= 0; i--) {
      Optional<Path> file = file("read rollouts", all.get(i).rollouts());
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }

  @Override
  public void recordBatch(int iteration, String policy, int number, int completions, Path file)
      throws TrainingException {
    ArtifactRef stored =
        stored("store batch %d of iteration %d".formatted(number, iteration), file);
    recorded(iteration, policy, stored, completions, number);
  }

  /**
   * @param batch null for all answers of an iteration
   */
  private RolloutsSampled recorded(
      int iteration, String policy, ArtifactRef stored, int completions, Integer batch)
      throws TrainingException {
    readOnce();
    RolloutsSampled entry =
        new RolloutsSampled(
            jobId,
            attemptLease.attempt(),
            attemptLease.workerId(),
            iteration,
            policy,
            stored,
            completions,
            batch);
    write(entry);
    add(entry, Instant.now());
    return entry;
  }

  @Override
  public Optional<Path> scores(int iteration, String policy) throws TrainingException {
    readOnce();
    for (RolloutsScored entry :
        scored.getOrDefault(inUse(iteration, policy).rollouts().digest(), List.of())) {
      Optional<Path> file = file("read scores", entry.scores());
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }

  @Override
  public void recordScores(int iteration, String policy, Path file) throws TrainingException {
    readOnce();
    ArtifactRef stored = stored("store the scores of iteration " + iteration, file);
    RolloutsScored entry =
        new RolloutsScored(
            jobId,
            attemptLease.attempt(),
            attemptLease.workerId(),
            iteration,
            inUse(iteration, policy).rollouts().digest(),
            stored);
    write(entry);
    add(entry, Instant.now());
  }

  @Override
  public void recordUpdate(int iteration, String before, String after) throws TrainingException {
    readOnce();
    PolicyUpdated entry =
        new PolicyUpdated(
            jobId, attemptLease.attempt(), attemptLease.workerId(), iteration, before, after);
    PolicyUpdated known = updates.get(iteration);
    if (known != null && known.before().equals(before) && known.after().equals(after)) {
      return;
    }
    write(entry);
    add(entry, Instant.now());
  }

  /**
   * What the model came of: of each iteration the answers that its weights were updated by, the
   * last where other attempts sampled others.
   */
  List<RecordFolder.Entry> slice() throws TrainingException {
    readOnce();
    Map<Integer, String> policies = new TreeMap<>();
    sampled.values().stream()
        .flatMap(List::stream)
        .sorted((a, b) -> a.at().compareTo(b.at()))
        .forEach(found -> policies.put(found.entry().iteration(), found.entry().policy()));
    updates.forEach((iteration, update) -> policies.put(iteration, update.before()));
    List<RecordFolder.Entry> entries = new ArrayList<>();
    for (Map.Entry<Integer, String> each : policies.entrySet()) {
      Optional<Sampled> rollouts = sampled(each.getKey(), each.getValue());
      Optional<Path> scores =
          rollouts.isPresent() ? scores(each.getKey(), each.getValue()) : Optional.empty();
      if (scores.isPresent()) {
        entries.add(
            new RecordFolder.Entry(
                each.getKey(),
                each.getValue(),
                rollouts.get().file(),
                scores.get(),
                Optional.ofNullable(updates.get(each.getKey())).map(PolicyUpdated::after)));
      }
    }
    return entries;
  }

  private RolloutsSampled inUse(int iteration, String policy) {
    return inUse
        .filter(each -> each.iteration() == iteration && each.policy().equals(policy))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "scores of iteration %d of job %s, whose answers were not asked for"
                        .formatted(iteration, jobId)));
  }

  private void readOnce() throws TrainingException {
    if (read) {
      return;
    }
    try {
      for (Recorded each :
          store.call("read the record of rollouts", () -> attemptLease.recorded())) {
        add(each.data(), Instant.ofEpochMilli(each.writtenAt()));
      }
    } catch (InterruptedException e) {
      throw ended(e);
    }
    if (!sampled.isEmpty()) {
      LOG.log(
          Level.INFO,
          "Job {0} attempt {1} finds {2} iterations on record",
          jobId,
          attemptLease.attempt(),
          sampled.size());
    }
    read = true;
  }

  private void add(EventData entry, Instant at) {
    if (entry instanceof RolloutsSampled made) {
      Sample sample = new Sample(made.iteration(), made.policy());
      if (made.batch() == null) {
        sampled.computeIfAbsent(sample, absent -> new ArrayList<>()).add(new Found(made, at));
      } else {
        batches
            .computeIfAbsent(new Batch(sample, made.batch()), absent -> new ArrayList<>())
            .add(made);
      }
    } else if (entry instanceof RolloutsScored made) {
      scored.computeIfAbsent(made.rollouts(), digest -> new ArrayList<>()).add(made);
    } else if (entry instanceof PolicyUpdated made) {
      updates.put(made.iteration(), made);
    }
  }

  private ArtifactRef stored(String what, Path file) throws TrainingException {
    try {
      return store.insist(what, () -> Refs.of(artifacts.putFile(file)));
    } catch (InterruptedException e) {
      throw ended(e);
    }
  }

  /** Empty where the store has it no more: then it is made again. */
  private Optional<Path> file(String what, ArtifactRef ref) throws TrainingException {
    try {
      return store.call(
          what,
          () -> {
            try {
              return Optional.of(artifacts.localFile(ref.digest()));
            } catch (ArtifactNotFoundException e) {
              LOG.log(Level.WARNING, "Job {0}: {1} is gone", jobId, ref.digest());
              return Optional.<Path>empty();
            }
          });
    } catch (InterruptedException e) {
      throw ended(e);
    }
  }

  private void write(EventData entry) {
    try {
      attemptLease.record(entry);
    } catch (AttemptLeaseLostException e) {
      throw new WaitEndedException(StopReason.LOST);
    } catch (InterruptedException e) {
      throw ended(e);
    }
  }

  private static WaitEndedException ended(InterruptedException e) {
    Thread.currentThread().interrupt();
    WaitEndedException ended = new WaitEndedException(StopReason.SHUTDOWN);
    ended.initCause(e);
    return ended;
  }
}
