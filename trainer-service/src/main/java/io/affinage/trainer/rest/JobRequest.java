package io.affinage.trainer.rest;

import io.affinage.events.TrainingSpec;
import io.affinage.trainer.base.BaseReference;
import java.util.Map;

/**
 * A job as asked for over HTTP, checked and with every default filled in.
 *
 * @param model the base model as the caller named it
 * @param trainingFile the id of an uploaded file or of a dataset submission
 * @param suffix null for none
 * @param metadata null for none
 */
record JobRequest(
    String model,
    BaseReference base,
    String trainingFile,
    TrainingSpec spec,
    String suffix,
    Map<String, String> metadata) {}
