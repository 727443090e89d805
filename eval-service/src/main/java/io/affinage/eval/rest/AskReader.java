package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.serving.AnswerRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/**
 * Reads OpenAI's chat and completion requests. Every parameter is honoured, or refused unless its
 * value means what happens anyway; unknown ones are refused, as OpenAI does. Three say who asks or
 * what may be cached ({@link #NOTHING_DEPENDS_ON_IT}): they are taken, and no answer depends on
 * them.
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

  private static final Set<String> CHAT =
      Set.of(
          "messages",
          "max_completion_tokens",
          "tools",
          "tool_choice",
          "parallel_tool_calls",
          "reasoning_effort");

  private static final Set<String> NOTHING_DEPENDS_ON_IT =
      Set.of(
          "user",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "prompt_cache_options");

  private static final Predicate<JsonNode> NEVER = value -> false;
  private static final Predicate<JsonNode> ZERO =
      value -> value.isNumber() && value.doubleValue() == 0;
  private static final Predicate<JsonNode> FALSE =
      value -> value.isBoolean() && !value.booleanValue();
  private static final Predicate<JsonNode> EMPTY =
      value -> value.isContainerNode() && value.isEmpty();

  /** What is refused, but for values that ask for nothing. */
  private static final Map<String, Predicate<JsonNode>> REFUSED_BY_BOTH =
      Map.of("presence_penalty", ZERO, "frequency_penalty", ZERO, "logit_bias", EMPTY);

  private static final Map<String, Predicate<JsonNode>> REFUSED_BY_CHAT =
      Map.ofEntries(
          Map.entry("logprobs", FALSE),
          Map.entry("top_logprobs", NEVER),
          Map.entry("functions", NEVER),
          Map.entry("function_call", NEVER),
          Map.entry("audio", NEVER),
          Map.entry("prediction", NEVER),
          Map.entry("web_search_options", NEVER),
          Map.entry("moderation", NEVER),
          Map.entry("metadata", EMPTY),
          Map.entry("store", FALSE),
          Map.entry("service_tier", oneOf("auto", "default")),
          Map.entry("verbosity", oneOf("medium")),
          Map.entry(
              "response_format",
              format -> format.path("type").asText("").equals("text") && format.size() == 1),
          Map.entry(
              "modalities", names -> names.size() == 1 && names.path(0).asText("").equals("text")));

  private static final Map<String, Predicate<JsonNode>> REFUSED_BY_COMPLETION =
      Map.of("logprobs", NEVER, "echo", FALSE, "suffix", NEVER);

  private AskReader() {}

  private static Predicate<JsonNode> oneOf(String... words) {
    return value -> value.isTextual() && List.of(words).contains(value.textValue());
  }

  /**
   * A request as read.
   *
   * @param tools names of the functions that the answer may call
   * @param stream whether pieces are sent as they come
   * @param usage whether a stream ends with the usage
   */
  record Read(String model, AnswerRequest ask, Set<String> tools, boolean stream, boolean usage) {}

  static Read chat(JsonNode body) {
    Fields fields = Fields.of(body);
    known(fields, CHAT, REFUSED_BY_CHAT);
    Optional<Long> newer = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    Optional<Long> older = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (newer.isPresent() && older.isPresent() && !newer.equals(older)) {
      throw Fields.invalid(
          "invalid_value",
          "'max_tokens' and 'max_completion_tokens' differ; give one",
          "max_tokens");
    }
    List<Map<String, Object>> tools = ToolReader.read(fields);
    Set<String> names = new HashSet<>();
    tools.forEach(tool -> names.add(((Map<?, ?>) tool.get("function")).get("name").toString()));
    Prompt.Chat chat =
        new Prompt.Chat(
            TurnReader.read(body.path("messages")), tools, thinking(body.path("reasoning_effort")));
    return read(fields, chat, newer.or(() -> older), OptionalInt.empty(), names);
  }

  private static boolean thinking(JsonNode effort) {
    if (Fields.absent(effort)) {
      return true;
    }
    if (effort.asText("").equals("none")) {
      return false;
    }
    throw Fields.invalid(
        "unsupported_parameter",
        "'reasoning_effort' may be \"none\": how long a model thinks is its own",
        "reasoning_effort");
  }

  static Read completion(JsonNode body) {
    Fields fields = Fields.of(body);
    known(fields, Set.of("prompt", "best_of"), REFUSED_BY_COMPLETION);
    one(fields, "best_of");
    JsonNode prompt = body.path("prompt");
    JsonNode text = prompt.isArray() && prompt.size() == 1 ? prompt.get(0) : prompt;
    if (!text.isTextual()) {
      throw Fields.invalid(
          prompt.isArray() && !prompt.isEmpty()
              ? "unsupported_parameter"
              : "missing_required_parameter",
          "'prompt' must be one text",
          "prompt");
    }
    return read(
        fields,
        new Prompt.Text(text.textValue()),
        fields.integer("max_tokens", 1, Integer.MAX_VALUE),
        OptionalInt.of(COMPLETION_TOKENS),
        Set.of());
  }

  private static void known(
      Fields fields, Set<String> own, Map<String, Predicate<JsonNode>> refused) {
    Map<String, Predicate<JsonNode>> all = new HashMap<>(REFUSED_BY_BOTH);
    all.putAll(refused);
    Set<String> names = new HashSet<>(own);
    names.addAll(SHARED);
    names.addAll(NOTHING_DEPENDS_ON_IT);
    names.addAll(all.keySet());
    fields.allowOnly(names);
    all.forEach(fields::refuse);
  }

  private static void one(Fields fields, String name) {
    if (fields.integer(name, 1, 128).orElse(1L) != 1) {
      throw Fields.invalid("unsupported_parameter", "only " + name + " 1 is supported", name);
    }
  }

  private static Read read(
      Fields fields, Prompt prompt, Optional<Long> most, OptionalInt otherwise, Set<String> tools) {
    one(fields, "n");
    double topP = fields.number("top_p", 0, 1, 1);
    boolean stream = fields.flag("stream", false);
    List<String> stops = fields.texts("stop", 4);
    if (stops.contains("")) {
      throw Fields.invalid("invalid_value", "'stop' must not be empty", "stop");
    }
    AnswerRequest ask =
        new AnswerRequest(
            prompt,
            most.isPresent() ? OptionalInt.of(most.get().intValue()) : otherwise,
            // top_p 0 leaves the likeliest token alone, which is what temperature 0 means.
            topP == 0 ? 0 : fields.number("temperature", 0, 2, 1),
            topP == 0 ? 1 : topP,
            stops,
            fields
                .integer("seed", Long.MIN_VALUE, Long.MAX_VALUE)
                .orElseGet(() -> ThreadLocalRandom.current().nextLong()));
    return new Read(fields.text("model"), ask, tools, stream, usage(fields, stream));
  }

  private static boolean usage(Fields fields, boolean stream) {
    JsonNode options = fields.body().path("stream_options");
    if (Fields.absent(options)) {
      return false;
    }
    if (!stream) {
      throw Fields.invalid(
          "invalid_value", "'stream_options' goes with \"stream\": true only", "stream_options");
    }
    Fields inside = Fields.of(options, "stream_options");
    inside.allowOnly(Set.of("include_usage", "include_obfuscation"), "stream_options.");
    if (inside.flag("include_obfuscation", false)) {
      throw Fields.invalid(
          "unsupported_parameter",
          "pieces are sent as they are, without obfuscation",
          "stream_options.include_obfuscation");
    }
    return inside.flag("include_usage", false);
  }
}
