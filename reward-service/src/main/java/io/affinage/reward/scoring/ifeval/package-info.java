/**
 * The instructions of IFEval (Zhou et al., 2023, arXiv:2311.07911) that a program can check without
 * a model: one record each, registered by a line in {@link
 * io.affinage.reward.scoring.ifeval.Instructions}. Every check takes time linear in the response.
 */
package io.affinage.reward.scoring.ifeval;
