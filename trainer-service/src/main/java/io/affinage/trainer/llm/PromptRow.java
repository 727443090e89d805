package io.affinage.trainer.llm;

import io.affinage.llm.data.Example;
import org.jspecify.annotations.Nullable;

/**
 * A row of which the question is asked in training.
 *
 * @param example the question with the row's answer, which only tells where the question ends
 * @param question as a reward reads it: the text, or the last turn before the answer
 * @param reference the row's answer, for rewards that compare with it
 */
record PromptRow(Example example, String question, @Nullable String reference) {}
