package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a dataset version, whatever layout it came in; the line format of {@code train.jsonl}
 * and its siblings. Exactly one of these shapes is filled:
 *
 * <ul>
 *   <li>{@code text}: a document;
 *   <li>{@code prompt} and {@code completion}: plain text, no template; with {@code label} one
 *       answer that is desirable or not (unpaired preference);
 *   <li>{@code messages}: a chat whose last message is the assistant's; with {@code label} one
 *       whose last answer is desirable or not;
 *   <li>{@code messages} as the shared prompt, with {@code chosen} and {@code rejected}: a
 *       preference pair of chats; the answers begin and end with the assistant's messages;
 *   <li>{@code prompt} alone, or {@code messages} whose last is not the assistant's: a question;
 *   <li>{@code prompt} with {@code chosen_text} and {@code rejected_text}: a preference pair of
 *       plain text, no template.
 * </ul>
 *
 * @param id content hash of the row, 16 hexadecimal digits
 * @param label whether the answer is desirable; null where the row has no such judgement
 * @param tools the functions that the assistant of a chat may call, each as OpenAI writes it:
 *     {@code {"type": "function", "function": {"name", "description", "parameters"}}}; null for
 *     none
 * @param margin of a preference pair: by how much the chosen answer is better, 0 or more, in
 *     differences of scores; null where that is not known
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "id",
  "text",
  "prompt",
  "completion",
  "messages",
  "chosen",
  "rejected",
  "chosen_text",
  "rejected_text",
  "label",
  "tools",
  "margin"
})
public record NormalRow(
    String id,
    @Nullable String text,
    @Nullable String prompt,
    @Nullable String completion,
    @Nullable List<ChatMessage> messages,
    @Nullable List<ChatMessage> chosen,
    @Nullable List<ChatMessage> rejected,
    @JsonProperty("chosen_text") @Nullable String chosenText,
    @JsonProperty("rejected_text") @Nullable String rejectedText,
    @Nullable Boolean label,
    @Nullable List<JsonNode> tools,
    @Nullable Double margin) {

  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

  /** A row without judgement and tools. */
  public NormalRow(
      String id,
      @Nullable String text,
      @Nullable String prompt,
      @Nullable String completion,
      @Nullable List<ChatMessage> messages,
      @Nullable List<ChatMessage> chosen,
      @Nullable List<ChatMessage> rejected) {
    this(id, text, prompt, completion, messages, chosen, rejected, null, null, null, null, null);
  }

  /** The same pair, its chosen answer better by so much. */
  public NormalRow withMargin(@Nullable Double better) {
    return new NormalRow(
        id,
        text,
        prompt,
        completion,
        messages,
        chosen,
        rejected,
        chosenText,
        rejectedText,
        label,
        tools,
        better);
  }

  /** Whether the row says which answers are better, rather than what to answer. */
  @JsonIgnore
  public boolean isPreference() {
    return label != null || chosen != null || chosenText != null;
  }

  /**
   * One turn of a chat.
   *
   * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}
   * @param content the text; null where an assistant's turn has only tool calls
   * @param reasoningContent what the assistant thought before its answer; null for nothing
   * @param toolCalls the functions that an assistant's turn calls; null for none
   * @param toolCallId of a tool's turn: the call that it answers; null where the data name none
   * @param name of the participant, or of the function that a tool's turn answers for; null for
   *     none
   * @param weight of an assistant's turn: 0 when nothing is learned from it, 1 or null otherwise
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({
    "role",
    "content",
    "reasoning_content",
    "tool_calls",
    "tool_call_id",
    "name",
    "weight"
  })
  public record ChatMessage(
      String role,
      @Nullable String content,
      @JsonProperty("reasoning_content") @Nullable String reasoningContent,
      @JsonProperty("tool_calls") @Nullable List<ToolCall> toolCalls,
      @JsonProperty("tool_call_id") @Nullable String toolCallId,
      @Nullable String name,
      @Nullable Integer weight) {

    /** A turn of text alone. */
    public ChatMessage(String role, @Nullable String content) {
      this(role, content, null, null, null, null, null);
    }

    /** What a chat template may read beside role and content, by the names that templates use. */
    public Map<String, Object> templateFields() {
      Map<String, Object> fields = new HashMap<>(EventJson.shared().convertValue(this, FIELDS));
      fields.keySet().removeAll(List.of("role", "content", "weight"));
      return fields;
    }
  }

  /**
   * A call of a function, in OpenAI's form.
   *
   * @param id null where the data name none
   * @param type always {@code function}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"id", "type", "function"})
  public record ToolCall(@Nullable String id, String type, Function function) {

    /**
     * What is called.
     *
     * @param arguments a JSON object, never its text
     */
    @JsonPropertyOrder({"name", "arguments"})
    public record Function(String name, JsonNode arguments) {}
  }
}
