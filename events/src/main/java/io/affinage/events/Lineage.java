package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * Everything that determines a model: the same lineage gives the same bits.
 *
 * @param baseModelDigest null for a model from scratch
 * @param spec the resolved specification, every default filled in
 * @param codeVersion the trainer's version
 * @param parentAdapterDigest the adapter that training went on from; null where it began anew
 */
public record Lineage(
    String datasetDigest,
    @Nullable String baseModelDigest,
    TrainingSpec spec,
    long seed,
    String codeVersion,
    @Nullable String parentAdapterDigest) {

  /** Of a model that was trained on a whole model. */
  public Lineage(
      String datasetDigest,
      @Nullable String baseModelDigest,
      TrainingSpec spec,
      long seed,
      String codeVersion) {
    this(datasetDigest, baseModelDigest, spec, seed, codeVersion, null);
  }
}
