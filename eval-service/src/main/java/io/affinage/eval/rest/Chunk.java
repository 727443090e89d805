package io.affinage.eval.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.eval.serving.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

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
      @JsonProperty("finish_reason")
          @JsonInclude(JsonInclude.Include.ALWAYS)
          @Schema(nullable = true)
          String finishReason) {}

  /**
   * @param content null where there are calls alone
   * @param toolCalls null for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Turn(String role, String content, @JsonProperty("tool_calls") List<ToolCall> toolCalls) {
    Turn(String role, String content) {
      this(role, content, null);
    }

    /** A turn that calls functions. */
    static Turn calling(String role, ToolCallText said, boolean pieces) {
      List<ToolCall> calls = new ArrayList<>();
      for (ToolCallText.Call call : said.calls()) {
        calls.add(
            new ToolCall(
                pieces ? calls.size() : null,
                "call_" + UUID.randomUUID().toString().replace("-", ""),
                "function",
                new Function(call.name(), call.arguments())));
      }
      return new Turn(role, said.content().isEmpty() ? null : said.content(), calls);
    }
  }

  /**
   * @param index in pieces only
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ToolCall(Integer index, String id, String type, Function function) {}

  /**
   * @param arguments the text of a JSON object, as the model wrote it
   */
  record Function(String name, String arguments) {}

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
