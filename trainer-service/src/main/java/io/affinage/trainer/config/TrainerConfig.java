package io.affinage.trainer.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The trainer's settings. */
@ConfigMapping(prefix = "affinage.trainer")
public interface TrainerConfig {

  /**
   * Silence after which other trainers take an attempt for dead; a heartbeat goes out in a third.
   */
  @WithDefault("15s")
  Duration lease();

  /** At most one progress event per job in this time. */
  @WithDefault("1s")
  Duration progressEvery();

  /** How long a stop waits for the running attempt's checkpoint. */
  @WithDefault("60s")
  Duration shutdownGrace();

  /** Attempts that may fall silent without a new checkpoint before the job fails. */
  @WithDefault("3")
  int maxLostAttempts();

  /**
   * Attempts that trainers may give back for faults of their own (device, memory, disk), in a row
   * without a new checkpoint, before the job fails with the last reason.
   */
  @WithDefault("3")
  int maxGivenBack();

  /**
   * How long a trainer takes no job after a fault of its own; it doubles with each in a row, up to
   * 1 min. Meanwhile it is not ready.
   */
  @WithDefault("5s")
  Duration faultPause();

  /**
   * How often the artifact store is tried again before a job fails that has not trained yet. A
   * trained model is tried to be stored for as long as the lease is held.
   */
  @WithDefault("10")
  int storeRetries();

  /** The pause before the first of them; it doubles each time, up to 15 s. */
  @WithDefault("500ms")
  Duration storeRetryPause();

  /**
   * Scratch files of running attempts; by default below the system's folder for temporary files.
   */
  Optional<Path> workFolder();

  /**
   * Bases in NF4 that are streamed from disk, kept for jobs to come; by default {@code
   * ~/.cache/affinage/nf4}.
   */
  Optional<Path> streamedBases();

  /** Folders below which {@code file:} base models may lie; none by default. */
  Optional<List<Path>> baseModelRoots();

  /** Where models compute: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}. */
  @WithDefault("auto")
  String device();

  /** Silence after which requests for scores of sampled answers are sent again. */
  @WithDefault("30s")
  Duration scoreRepeat();

  /** How long scores of sampled answers are waited for, before the job fails. */
  @WithDefault("10m")
  Duration scoreTimeout();

  /** Names this process in the log; by default host, process id and a random part. */
  Optional<String> workerId();

  /** How long users' commands wait for the broker. */
  @WithDefault("10s")
  Duration commandTimeout();
}
