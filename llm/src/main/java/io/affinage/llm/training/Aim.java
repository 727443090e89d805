package io.affinage.llm.training;

import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.objective.Objective;

/**
 * What a run minimises in place of -log p of its target tokens.
 *
 * @param reference the adapter of the stage's starting model, which the run does not train: a copy
 *     of its own where the stage trains the parent's adapter further, {@link
 *     io.affinage.llm.model.Decoder#withoutAdapter()} where a new one is trained or weights are.
 *     The caller closes it, after the run. Where an objective has no use for a reference it is not
 *     used.
 */
public record Aim(Objective objective, BlockAdapter reference) {}
