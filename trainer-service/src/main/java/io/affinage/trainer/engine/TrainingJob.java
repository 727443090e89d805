package io.affinage.trainer.engine;

import io.affinage.events.TrainingSpec;

/**
 * What an engine is asked to train.
 *
 * @param jobId for logs only; it must not influence the result
 * @param spec resolved: every default is filled in
 * @param baseName the base model's name as it is written into the adapter's configuration; null for
 *     a model from scratch
 */
public record TrainingJob(String jobId, TrainingSpec spec, String baseName) {}
