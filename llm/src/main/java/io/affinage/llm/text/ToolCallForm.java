package io.affinage.llm.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.jinja.Template;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a chat template takes calls of functions. Most write arguments that are an object as JSON,
 * some put their text in as it is; some ask whether the content is null, some cannot take that. It
 * is found out by trying.
 *
 * @param argumentsAsText whether arguments are given as JSON text
 * @param emptyContent whether a turn without text has an empty one rather than null
 */
public record ToolCallForm(boolean argumentsAsText, boolean emptyContent) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Template AS_TEXT = Template.parse("{{ arguments | tojson }}");
  private static final String CALLS = "tool_calls";
  private static final String FUNCTION = "function";
  private static final String ARGUMENTS = "arguments";
  private static final String NAME = "probed_function";
  private static final String KEY = "probed_argument";
  private static final String VALUE = "probed_value";
  private static final String TEXT = "{\"" + KEY + "\": \"" + VALUE + "\"}";

  /** The form that a template writes calls from; empty where it writes them from none. */
  public static Optional<ToolCallForm> of(ChatTemplate template) {
    for (boolean text : new boolean[] {false, true}) {
      for (boolean empty : new boolean[] {false, true}) {
        ToolCallForm form = new ToolCallForm(text, empty);
        if (form.isWritten(template)) {
          return Optional.of(form);
        }
      }
    }
    return Optional.empty();
  }

  private boolean isWritten(ChatTemplate template) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", NAME);
    function.put(ARGUMENTS, Map.of(KEY, VALUE));
    // Nine letters and digits, which is what Mistral's templates insist on.
    Map<String, Object> call = Map.of("id", "callprobe", "type", FUNCTION, FUNCTION, function);
    List<ChatMessage> messages =
        List.of(
            ChatMessage.of("user", "a"),
            new ChatMessage("assistant", null, Map.of(CALLS, List.of(call))));
    Map<String, Object> tool =
        Map.of(
            "type",
            FUNCTION,
            FUNCTION,
            Map.of(
                "name",
                "other",
                "description",
                "b",
                "parameters",
                Map.of("type", "object", "properties", Map.of())));
    String written;
    try {
      written =
          template.render(
              applied(messages), new ChatTemplate.Options(false, List.of(tool), Map.of()));
    } catch (LlmException e) {
      return false;
    }
    // "None" is a content of null that was written as if it were text.
    if (!written.contains(NAME) || (!emptyContent && written.contains("None"))) {
      return false;
    }
    // Quotes that are escaped come of text that was taken for a value; single ones are Python's.
    return argumentsAsText
        ? written.contains(TEXT)
        : written.contains(KEY)
            && written.contains(VALUE)
            && !written.contains("\\\"" + KEY)
            && !written.contains("'" + KEY + "'");
  }

  /** The turns as the template takes them; those without calls are left as they are. */
  public List<ChatMessage> applied(List<ChatMessage> messages) {
    return messages.stream().map(this::applied).toList();
  }

  private ChatMessage applied(ChatMessage message) {
    if (!(message.more().get(CALLS) instanceof List<?> calls)) {
      return message;
    }
    Map<String, Object> more = new HashMap<>(message.more());
    List<Object> formed = new ArrayList<>();
    calls.forEach(call -> formed.add(call instanceof Map<?, ?> fields ? call(fields) : call));
    more.put(CALLS, formed);
    String content =
        message.content() == null || message.content().isEmpty()
            ? emptyContent ? "" : null
            : message.content();
    return new ChatMessage(message.role(), content, more);
  }

  private Map<Object, Object> call(Map<?, ?> call) {
    Map<Object, Object> formed = new LinkedHashMap<>(call);
    if (call.get(FUNCTION) instanceof Map<?, ?> function) {
      Map<Object, Object> inside = new LinkedHashMap<>(function);
      inside.put(ARGUMENTS, arguments(function.get(ARGUMENTS)));
      formed.put(FUNCTION, inside);
    }
    return formed;
  }

  private Object arguments(Object given) {
    try {
      if (argumentsAsText) {
        return given instanceof String
            ? given
            : AS_TEXT.render(Map.of(ARGUMENTS, given), Clock.systemUTC()).text();
      }
      return given instanceof String text ? JSON.readValue(text, Map.class) : given;
    } catch (JsonProcessingException e) {
      throw new LlmException(
          "tool_call_invalid",
          "the arguments of a call are no JSON object: " + e.getOriginalMessage(),
          e);
    }
  }
}
