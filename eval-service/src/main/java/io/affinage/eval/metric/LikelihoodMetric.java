package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A metric of how likely the model finds texts that the dataset or the specification gives. */
public non-sealed interface LikelihoodMetric extends Metric {

  /** Whether the choices of the specification, or else of the dataset, are used. */
  default boolean usesChoices() {
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

  /**
   * What the likelihoods come to, by name: first this metric's own, then what it tells besides.
   *
   * @param items at least one
   * @param likelihoods finite, per item those of its {@link #continuations} in their order
   */
  Map<String, Measurements> measure(
      List<Item> items, List<String> choices, List<List<Likelihood>> likelihoods);
}
