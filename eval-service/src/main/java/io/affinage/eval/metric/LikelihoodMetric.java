package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A metric of how likely the model finds texts that the dataset or the specification gives. */
public non-sealed interface LikelihoodMetric extends Metric {

  /** Whether the choices of the specification, or else of the dataset, are used. */
  default boolean usesChoices() {
    return false;
  }

  /** Whether it measures against the likelihoods of the base, which must then be there. */
  default boolean needsReference() {
    return false;
  }

  /** Why an item cannot be measured, to be told with the row's id; empty where it can. */
  Optional<String> obstacle(Item item);

  /**
   * The continuations of an item's prompt whose likelihoods are asked for.
   *
   * @param choices empty where this metric uses none
   */
  List<String> continuations(Item item, List<String> choices);

  /** What the likelihoods come to, by name: first this metric's own, then what it tells besides. */
  Map<String, Measurements> measure(Likelihoods likelihoods);
}
