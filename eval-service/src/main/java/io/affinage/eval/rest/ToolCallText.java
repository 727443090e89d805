package io.affinage.eval.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.serving.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the calls in what a model wrote: objects between {@code <tool_call>} tags (Hermes, Qwen),
 * or an answer that is an object, or a list of them, and nothing else (Llama 3). A call has a
 * {@code name} that was offered and {@code arguments} or {@code parameters}. Text of which one part
 * is no such call stays text as a whole: nothing is lost.
 *
 * @param content what is no call; empty when there is nothing else
 */
record ToolCallText(String content, List<Call> calls) {
  private static final Pattern TAGGED =
      Pattern.compile("<tool_call>(.*?)(?:</tool_call>|\\z)", Pattern.DOTALL);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * @param arguments the text of a JSON object
   */
  record Call(String name, String arguments) {}

  /**
   * @param offered names of functions; calls of others stay text
   */
  static ToolCallText of(String text, Set<String> offered) {
    ToolCallText plain = new ToolCallText(text, List.of());
    if (offered.isEmpty()) {
      return plain;
    }
    List<Call> calls = new ArrayList<>();
    Matcher tagged = TAGGED.matcher(text);
    if (tagged.find()) {
      tagged.reset();
      while (tagged.find()) {
        Optional<List<Call>> read = calls(tagged.group(1), offered);
        if (read.isEmpty()) {
          return plain;
        }
        calls.addAll(read.get());
      }
      return new ToolCallText(tagged.replaceAll("").strip(), calls);
    }
    return calls(text, offered).map(whole -> new ToolCallText("", whole)).orElse(plain);
  }

  /** What ended an answer that has calls. */
  static String finish(Answer answer) {
    return answer.finishReason().equals("stop") ? "tool_calls" : answer.finishReason();
  }

  private static Optional<List<Call>> calls(String text, Set<String> offered) {
    String stripped = text.strip();
    if (!stripped.startsWith("{") && !stripped.startsWith("[")) {
      return Optional.empty();
    }
    JsonNode json;
    try {
      json = JSON.readTree(stripped);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    List<Call> calls = new ArrayList<>();
    for (JsonNode call : json.isArray() ? json : List.of(json)) {
      JsonNode arguments = call.has("arguments") ? call.get("arguments") : call.path("parameters");
      if (!offered.contains(call.path("name").asText("")) || !arguments.isObject()) {
        return Optional.empty();
      }
      calls.add(new Call(call.get("name").asText(), arguments.toString()));
    }
    return calls.isEmpty() ? Optional.empty() : Optional.of(calls);
  }
}
