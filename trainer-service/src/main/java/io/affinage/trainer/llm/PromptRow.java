package io.affinage.trainer.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.events.NormalRow;
import io.affinage.llm.data.Example;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of which the question is asked in training.
 *
 * @param example the question with the row's answer, which only tells where the question ends; a
 *     question alone where the row has no answer
 * @param question as a reward reads it that looks at one turn: the text, or the last turn before
 *     the answer
 * @param reference the row's answer, for rewards that compare with it
 * @param messages the conversation before the answer; null where the question is all of it
 * @param tools of the conversation; null for none
 */
record PromptRow(
    Example example,
    String question,
    @Nullable String reference,
    @Nullable List<NormalRow.ChatMessage> messages,
    @Nullable List<JsonNode> tools) {}
