package io.affinage.events;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that determines a model: the same lineage gives the same bits.
 *
 * @param baseModelDigest null for a model from scratch
 * @param spec the resolved specification, every default filled in
 * @param codeVersion the trainer's version
 * @param parentAdapterDigest the adapter that training went on from; null where it began anew
 * @param parents digests of all that the model was made from, by role: {@code data}, {@code base},
 *     {@code adapter}, and of reward models {@code reward} or {@code reward.NAME}; null in events
 *     of earlier versions, for which the other components say the first three
 */
public record Lineage(
    String datasetDigest,
    @Nullable String baseModelDigest,
    TrainingSpec spec,
    long seed,
    String codeVersion,
    @Nullable String parentAdapterDigest,
    @Nullable Map<String, String> parents) {
  public Lineage {
    // Sorted: the model's id follows from it.
    parents = parents == null ? null : Collections.unmodifiableMap(new TreeMap<>(parents));
  }

  /** Of a model that was trained on a whole model. */
  public Lineage(
      String datasetDigest,
      @Nullable String baseModelDigest,
      TrainingSpec spec,
      long seed,
      String codeVersion) {
    this(datasetDigest, baseModelDigest, spec, seed, codeVersion, null, null);
  }
}
