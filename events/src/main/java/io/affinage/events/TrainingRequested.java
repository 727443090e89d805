package io.affinage.events;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Train a model. Type {@code io.affinage.training.requested.v1}.
 *
 * @param jobId deterministic: a hash of what is asked, so asking twice trains once
 * @param baseModel {@code artifact:sha256:...} (a model in the store), {@code model:ID} (a
 *     registered model; an adapter is trained on), {@code hub:owner/name[@revision]}, {@code
 *     file:PATH} (on the trainer's machine), or {@code scratch}
 * @param dataset a dataset version, see {@link DatasetReady#dataset()}; null while it is not ready
 *     yet
 * @param datasetSubmissionId the submission whose {@link DatasetReady} the job waits for; may be
 *     null when {@code dataset} is given
 * @param suffix part of the registered model's name; null for none
 * @param metadata the caller's own labels; null for none
 * @param slip the stages after this one
 * @param baseName what the user calls the base where the reference does not say it: a hub id, or
 *     the path of a folder or file; exports name it as an adapter's base; null for the reference
 *     alone
 * @param stage the name of the stage that this is, by which later ones of the slip may name its
 *     model; null for none
 */
public record TrainingRequested(
    String jobId,
    String baseModel,
    @Nullable ArtifactRef dataset,
    @Nullable String datasetName,
    TrainingSpec spec,
    @Nullable String suffix,
    @Nullable Map<String, String> metadata,
    @Nullable RoutingSlip slip,
    @Nullable String datasetSubmissionId,
    @Nullable String baseName,
    @Nullable String stage)
    implements EventData {

  /** A request for a dataset version that exists. */
  public TrainingRequested(
      String jobId,
      String baseModel,
      @Nullable ArtifactRef dataset,
      @Nullable String datasetName,
      TrainingSpec spec,
      @Nullable String suffix,
      @Nullable Map<String, String> metadata,
      @Nullable RoutingSlip slip) {
    this(jobId, baseModel, dataset, datasetName, spec, suffix, metadata, slip, null, null, null);
  }

  @Override
  public String key() {
    return jobId;
  }
}
