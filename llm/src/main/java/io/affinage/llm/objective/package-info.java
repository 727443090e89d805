/**
 * What a step of training minimises. An {@link io.affinage.llm.objective.Objective} knows no
 * tensors: it takes the log-probabilities of target tokens and what else it asks for, and returns a
 * loss and its derivative. A new one is a class of its own and a line in {@link
 * io.affinage.llm.objective.Objectives}.
 */
package io.affinage.llm.objective;
