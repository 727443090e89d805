package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.List;
import java.util.Optional;

/**
 * The likelihoods of texts that a metric asked one variant for.
 *
 * @param items at least one
 * @param choices empty where the metric uses none
 * @param found finite; per item those of the metric's {@link LikelihoodMetric#continuations} in
 *     their order
 * @param reference the same of the base, which is the model that training started from; empty
 *     without a base
 */
public record Likelihoods(
    List<Item> items,
    List<String> choices,
    List<List<Likelihood>> found,
    Optional<List<List<Likelihood>>> reference) {}
