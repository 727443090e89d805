package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.serving.Ask;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads OpenAI's chat and completion requests. Parameters that only concern OpenAI's own platform
 * are accepted and have no effect ({@code user}, {@code metadata}, {@code store}, ...); those that
 * would change the answer and are not supported are refused; unknown ones are refused, as OpenAI
 * does.
 */
final class AskReader {
  /** What OpenAI's completions take where the request names nothing. */
  private static final int COMPLETION_TOKENS = 16;

  private static final Set<String> SHARED =
      Set.of(
          "model",
          "stream",
          "stream_options",
          "temperature",
          "top_p",
          "max_tokens",
          "stop",
          "seed",
          "n");

  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "parallel_tool_calls",
          "verbosity",
          "reasoning_effort");

  private static final Set<String> UNSUPPORTED =
      Set.of(
          "presence_penalty",
          "frequency_penalty",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "tools",
          "functions",
          "audio",
          "prediction",
          "web_search_options",
          "echo",
          "suffix");

  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");

  private AskReader() {}

  /**
   * A request as read.
   *
   * @param stream whether pieces are sent as they come
   * @param usage whether a stream ends with the usage
   */
  record Read(String model, Ask ask, boolean stream, boolean usage) {}

  static Read chat(JsonNode body) {
    Fields fields = Fields.of(body);
    fields.allowOnly(
        names(
            "messages",
            "max_completion_tokens",
            "tool_choice",
            "function_call",
            "response_format",
            "modalities"));
    if (!body.path("response_format").path("type").asText("text").equals("text")) {
      throw Fields.invalid(
          "unsupported_parameter", "only response_format {\"type\": \"text\"}", "response_format");
    }
    for (JsonNode modality : body.path("modalities")) {
      if (!modality.asText().equals("text")) {
        throw Fields.invalid("unsupported_parameter", "only text is answered", "modalities");
      }
    }
    Optional<Long> most = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    return read(
        fields, new Prompt.Chat(messages(body.path("messages"))), most, OptionalInt.empty());
  }

  static Read completion(JsonNode body) {
    Fields fields = Fields.of(body);
    fields.allowOnly(names("prompt", "best_of"));
    if (fields.integer("best_of", 1, 20).orElse(1L) != 1) {
      throw Fields.invalid("unsupported_parameter", "only best_of 1 is supported", "best_of");
    }
    List<String> prompts = fields.texts("prompt", 1);
    if (prompts.isEmpty()) {
      throw Fields.invalid("missing_required_parameter", "'prompt' must be a text", "prompt");
    }
    return read(
        fields,
        new Prompt.Text(prompts.get(0)),
        Optional.empty(),
        OptionalInt.of(COMPLETION_TOKENS));
  }

  private static Set<String> names(String... more) {
    return Stream.of(
            SHARED.stream(), WITHOUT_EFFECT.stream(), UNSUPPORTED.stream(), Stream.of(more))
        .flatMap(names -> names)
        .collect(Collectors.toSet());
  }

  private static Read read(
      Fields fields, Prompt prompt, Optional<Long> newerMost, OptionalInt otherwise) {
    fields.refuse(UNSUPPORTED);
    if (fields.integer("n", 1, 128).orElse(1L) != 1) {
      throw Fields.invalid("unsupported_parameter", "only n 1 is supported", "n");
    }
    Optional<Long> most = newerMost.or(() -> fields.integer("max_tokens", 1, Integer.MAX_VALUE));
    double topP = fields.number("top_p", 0, 1, 1);
    boolean stream = fields.flag("stream");
    JsonNode options = fields.body().path("stream_options");
    if (!options.isMissingNode() && !options.isNull() && !stream) {
      throw Fields.invalid(
          "invalid_value", "'stream_options' goes with \"stream\": true only", "stream_options");
    }
    List<String> stops = fields.texts("stop", 4);
    if (stops.contains("")) {
      throw Fields.invalid("invalid_value", "'stop' must not be empty", "stop");
    }
    Ask ask =
        new Ask(
            prompt,
            most.isPresent() ? OptionalInt.of(most.get().intValue()) : otherwise,
            // top_p 0 leaves the likeliest token alone, which is what temperature 0 means.
            topP == 0 ? 0 : fields.number("temperature", 0, 2, 1),
            topP == 0 ? 1 : topP,
            stops,
            fields
                .integer("seed", Long.MIN_VALUE, Long.MAX_VALUE)
                .orElseGet(() -> ThreadLocalRandom.current().nextLong()));
    boolean usage = options.isObject() && Fields.of(options).flag("include_usage");
    return new Read(fields.text("model"), ask, stream, usage);
  }

  private static List<Message> messages(JsonNode messages) {
    if (!messages.isArray() || messages.isEmpty()) {
      throw Fields.invalid(
          "missing_required_parameter", "'messages' must be a list with a message", "messages");
    }
    List<Message> read = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      String at = "messages[" + i + "]";
      String role = messages.get(i).path("role").asText("");
      if (!ROLES.contains(role)) {
        throw Fields.invalid(
            "invalid_value",
            at + ".role must be system, developer, user or assistant, not '" + role + "'",
            at + ".role");
      }
      String content = content(messages.get(i).path("content"), at + ".content");
      read.add(new Message(role.equals("developer") ? "system" : role, content));
    }
    return read;
  }

  private static String content(JsonNode content, String at) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray() || content.isEmpty()) {
      throw Fields.invalid("invalid_type", at + " must be a text or parts of text", at);
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText("").equals("text") || !part.path("text").isTextual()) {
        throw Fields.invalid("unsupported_parameter", at + ": only parts of text are read", at);
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
