package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.QuantizedFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.estimate.Regime;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Bases whose layers in NF4 stay on disk while a job trains beside them, for models larger than
 * memory. A plain base is written in NF4 first, into a folder of its own that is kept: once for all
 * jobs, by one process at a time; what an attempt that ended has left of it is gone on with.
 */
public final class StreamedBases {
  private static final long PAUSE_MILLIS = 500;

  /** What training leaves to all else on the machine. */
  private static final double SHARE = 0.9;

  private final Optional<Path> folder;
  private final LongSupplier memory;

  /**
   * @param folder takes the bases in NF4; made when it is needed
   * @param memory bytes that models may take
   */
  public StreamedBases(Path folder, LongSupplier memory) {
    this(Optional.of(folder), memory);
  }

  private StreamedBases(Optional<Path> folder, LongSupplier memory) {
    this.folder = folder;
    this.memory = memory;
  }

  /** No base is streamed. */
  static StreamedBases none() {
    return new StreamedBases(Optional.empty(), () -> Long.MAX_VALUE);
  }

  /** Bytes that models may take. */
  long memory() {
    return memory.getAsLong();
  }

  /** A run was told to stop before its base was there. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Whether a job's base is streamed: as its specification says, or where it does not say, because
   * memory has no room for it in NF4.
   *
   * @param model the base's files
   * @throws LlmException as opening the model would
   */
  boolean streams(TrainingSpec spec, Path model) {
    if (folder.isEmpty()
        || !(spec.quantization() instanceof Nf4Spec nf4)
        || Nf4Spec.NONE.equals(nf4.offload())
        || (spec.adapter() instanceof LoraSpec lora && lora.decomposes())) {
      return false;
    }
    if (Nf4Spec.DISK.equals(nf4.offload())) {
      return true;
    }
    boolean gguf = Checkpoint.open(model).tokenizer().isPresent();
    return !gguf
        && !(spec.objective() instanceof SampledObjective)
        && EstimateOfSpec.of(spec, model, Regime.QLORA).memory().peak() > SHARE * memory();
  }

  /**
   * Opens a base that is streamed.
   *
   * @param listener hears of the quantization, and is asked whether to stop it
   * @param scratch takes a base in NF4 of which no digest is known
   * @throws LlmException {@code checkpoint_not_written}, and as opening the model would
   * @throws StoppedException where it was told to stop
   */
  LanguageModel open(
      TrainingJob job, Path model, Compute compute, EngineListener listener, Path scratch) {
    if (isQuantized(model)) {
      return LanguageModel.stream(model, compute);
    }
    WeightForm form = SettingsOfSpec.weightForm(job.spec().quantization());
    Optional<Path> kept = kept(job);
    if (kept.isEmpty()) {
      Path target = scratch.resolve("base-" + form.userName());
      if (!Files.isDirectory(target)) {
        write(model, target, form, listener);
      }
      return LanguageModel.stream(target, compute);
    }
    written(model, kept.get(), form, listener);
    try {
      return LanguageModel.stream(kept.get(), compute);
    } catch (LlmException e) {
      if (!e.code().startsWith("checkpoint_")) {
        throw e;
      }
      // Damaged since it was written: made anew, once.
      discard(kept.get());
      written(model, kept.get(), form, listener);
      return LanguageModel.stream(kept.get(), compute);
    }
  }

  /**
   * Forgets what was written of a job's base, so that the next attempt writes it anew, where it is
   * what could not be read. Another file's fault is not this one's, which others may stream from.
   *
   * @param message of the failure, which names the file
   * @return whether it was
   */
  boolean discard(TrainingJob job, String message) {
    Optional<Path> kept =
        kept(job)
            .filter(Files::isDirectory)
            .filter(folder -> message.contains(folder + folder.getFileSystem().getSeparator()));
    kept.ifPresent(StreamedBases::discard);
    return kept.isPresent();
  }

  private Optional<Path> kept(TrainingJob job) {
    WeightForm form = SettingsOfSpec.weightForm(job.spec().quantization());
    return folder.flatMap(
        home ->
            Optional.ofNullable(job.origin().get("base"))
                .map(digest -> digest.substring(digest.indexOf(':') + 1))
                .map(name -> home.resolve(name + "-" + form.userName())));
  }

  private static boolean isQuantized(Path model) {
    Checkpoint checkpoint = Checkpoint.open(model);
    return checkpoint.names().stream()
        .anyMatch(name -> checkpoint.entry(name).type() == StorageType.NF4);
  }

  private static void written(Path model, Path target, WeightForm form, EngineListener listener) {
    if (Files.isDirectory(target)) {
      return;
    }
    try {
      Files.createDirectories(target.getParent());
      try (FileChannel channel =
              FileChannel.open(
                  target.resolveSibling(target.getFileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock held = locked(channel, listener)) {
        if (held.isValid() && !Files.isDirectory(target)) {
          write(model, target, form, listener);
        }
      }
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written",
          "the base in NF4 cannot be kept in %s: %s".formatted(target.getParent(), e),
          e);
    }
  }

  /** Another trainer on this machine may be writing the same. */
  private static FileLock locked(FileChannel channel, EngineListener listener) throws IOException {
    while (true) {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      if (listener.shouldStop()) {
        throw new StoppedException();
      }
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoppedException();
      }
    }
  }

  private static void write(Path model, Path target, WeightForm form, EngineListener listener) {
    QuantizedFolder.write(
        model,
        target,
        form == WeightForm.NF4_DOUBLE,
        Precision.BFLOAT16,
        (file, weights, of) -> {
          listener.onQuantized(weights, of);
          if (weights < of && listener.shouldStop()) {
            throw new StoppedException();
          }
        });
  }

  /** Out of its name first, at once: a folder that is half removed would look whole. */
  private static void discard(Path target) {
    Path aside =
        target.resolveSibling(target.getFileName() + ".damaged-" + ProcessHandle.current().pid());
    try {
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
      try (Stream<Path> files = Files.walk(aside)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written",
          "%s is damaged and cannot be removed: %s".formatted(target, e),
          e);
    }
  }
}
