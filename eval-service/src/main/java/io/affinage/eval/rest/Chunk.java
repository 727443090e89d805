package io.affinage.eval.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.eval.serving.Answer;
import java.util.List;

/**
 * OpenAI's answer objects: whole, and in pieces. Which of a choice's parts is filled tells chat
 * from completion, whole from piece.
 *
 * @param object {@code chat.completion}, {@code chat.completion.chunk} or {@code text_completion}
 * @param created seconds since 1970
 * @param usage null but on whole answers and at the end of streams that asked for it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Chunk(
    String id, String object, long created, String model, List<Choice> choices, Usage usage) {

  /**
   * @param message of a whole chat answer
   * @param delta of a piece of a chat answer
   * @param text of a completion, whole or piece
   * @param finishReason null but at the end
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Choice(
      int index,
      Turn message,
      Turn delta,
      String text,
      @JsonProperty("finish_reason") @JsonInclude(JsonInclude.Include.ALWAYS)
          String finishReason) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Turn(String role, String content) {}

  record Usage(
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("completion_tokens") int completionTokens,
      @JsonProperty("total_tokens") int totalTokens) {
    static Usage of(Answer answer) {
      return new Usage(
          answer.promptTokens(),
          answer.completionTokens(),
          answer.promptTokens() + answer.completionTokens());
    }
  }
}
