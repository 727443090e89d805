package io.affinage.llm.text;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.jinja.JinjaException;
import io.affinage.llm.text.jinja.Template;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns a conversation into the text that a model was trained on, by the Jinja template that comes
 * with it, rendered as transformers does. Safe for use by several threads at once.
 */
public final class ChatTemplate {
  private static final int LONGEST_MESSAGE = 2000;

  private final Template template;
  private final Map<String, String> tokens;
  private final Clock clock;

  private ChatTemplate(Template template, Map<String, String> tokens, Clock clock) {
    this.template = template;
    this.tokens = tokens;
    this.clock = clock;
  }

  /**
   * What to render around the messages.
   *
   * @param addGenerationPrompt ends with the beginning of an answer
   * @param tools JSON schemas of functions, as maps; none when empty
   * @param variables further variables of the template, such as {@code enable_thinking}
   */
  public record Options(
      boolean addGenerationPrompt, List<Map<String, Object>> tools, Map<String, Object> variables) {
    /** A finished conversation. */
    public static final Options COMPLETE = new Options(false, List.of(), Map.of());

    /** A conversation that waits for an answer. */
    public static final Options PROMPT = new Options(true, List.of(), Map.of());

    public Options {
      tools = List.copyOf(tools);
    }
  }

  /**
   * Parses a template.
   *
   * @param tokens special tokens by variable name, such as {@code bos_token}
   * @param clock what templates that write the date read
   * @throws LlmException {@code chat_template_invalid}
   */
  public static ChatTemplate parse(String source, Map<String, String> tokens, Clock clock) {
    try {
      return new ChatTemplate(Template.parse(source), Map.copyOf(tokens), clock);
    } catch (JinjaException e) {
      throw failure(e);
    }
  }

  /** The default template of a model's files, where it has one. */
  public static Optional<ChatTemplate> of(TokenizerDefinition definition) {
    return Optional.ofNullable(definition.chatTemplates().get(TokenizerDefinition.DEFAULT))
        .map(source -> parse(source, definition.specialTokenTexts(), Clock.systemDefaultZone()));
  }

  /** Whether the template marks the assistant's own words with {@code generation} tags. */
  public boolean marksGeneration() {
    return template.marksGeneration();
  }

  /**
   * Renders a conversation.
   *
   * @throws LlmException {@code chat_template_refused} when the template itself refuses the
   *     conversation, {@code chat_template_failed} otherwise
   */
  public String render(List<ChatMessage> messages, Options options) {
    return renderMarked(messages, options).text();
  }

  /** Renders a conversation and tells which parts stood within {@code generation} tags. */
  public Template.Rendering renderMarked(List<ChatMessage> messages, Options options) {
    Map<String, Object> variables = new HashMap<>(options.variables());
    variables.put("messages", messages.stream().map(ChatMessage::forTemplate).toList());
    variables.put("add_generation_prompt", options.addGenerationPrompt());
    variables.put("tools", options.tools().isEmpty() ? null : options.tools());
    variables.put("documents", options.variables().get("documents"));
    return renderVariables(variables);
  }

  /** Renders with exactly these variables beside the special tokens. */
  Template.Rendering renderVariables(Map<String, Object> variables) {
    Map<String, Object> all = new HashMap<>(tokens);
    all.putAll(variables);
    try {
      return template.render(all, clock);
    } catch (JinjaException e) {
      throw failure(e);
    } catch (ArithmeticException e) {
      throw new LlmException(
          "chat_template_failed",
          "the chat template cannot be rendered: a number has more than 64 bits",
          e);
    }
  }

  private static LlmException failure(JinjaException e) {
    // A message may quote the template.
    String whole = String.valueOf(e.getMessage());
    String message =
        whole.length() <= LONGEST_MESSAGE ? whole : whole.substring(0, LONGEST_MESSAGE) + "...";
    return switch (e.kind()) {
      case SYNTAX ->
          new LlmException(
              "chat_template_invalid", "the chat template does not parse: " + message, e);
      case RAISED ->
          new LlmException(
              "chat_template_refused",
              "the model's chat template refuses the conversation: " + message,
              e);
      case RENDER, LIMIT ->
          new LlmException(
              "chat_template_failed", "the chat template cannot be rendered: " + message, e);
    };
  }
}
