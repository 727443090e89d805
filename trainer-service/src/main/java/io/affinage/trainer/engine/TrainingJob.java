package io.affinage.trainer.engine;

import io.affinage.events.TrainingSpec;
import java.util.Map;

/**
 * What an engine is asked to train.
 *
 * @param jobId for logs only; it must not influence the result
 * @param spec resolved: every default is filled in
 * @param baseName the base model's name as it is written into the adapter's configuration; null for
 *     a model from scratch
 * @param origin digests of what it is trained from, by name: a checkpoint is resumed where they are
 *     the same
 */
public record TrainingJob(
    String jobId, TrainingSpec spec, String baseName, Map<String, String> origin) {
  public TrainingJob {
    origin = Map.copyOf(origin);
  }

  /** A job whose inputs have no digests. */
  public TrainingJob(String jobId, TrainingSpec spec, String baseName) {
    this(jobId, spec, baseName, Map.of());
  }
}
