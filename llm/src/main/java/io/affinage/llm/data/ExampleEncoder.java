package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.Tokenizer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns examples into token rows and decides on which tokens loss is taken, as supervised
 * fine-tuning does it: on what follows the prompt.
 *
 * <p>The prompt is tokenized alone and then with its completion; the target begins where the two
 * part, which is a token before the completion where the text is split elsewhere when it follows.
 * Every example must teach the model to stop: one of its targets is an end-of-text token. Nothing
 * is padded here, so a padding token that is also an end-of-text token does no harm.
 */
public final class ExampleEncoder {
  private final Tokenizer tokenizer;
  private final SurroundedText texts;
  private final Optional<ConversationEncoder> conversations;
  private final Settings settings;

  /**
   * How examples are encoded.
   *
   * @param maxLength tokens that an example may have
   * @param overlength what happens to longer ones
   * @param answers on which answers of a conversation loss is taken
   * @param strict whether an example that cannot be learned from ends the encoding, rather than
   *     being left out and counted
   */
  public record Settings(
      int maxLength, OverlengthPolicy overlength, AnswerTargets answers, boolean strict) {
    public Settings {
      if (maxLength < 2) {
        throw new IllegalArgumentException("the maximum length must be at least 2");
      }
    }

    /** Settings that leave out and count what cannot be learned from. */
    public Settings(int maxLength, OverlengthPolicy overlength, AnswerTargets answers) {
      this(maxLength, overlength, answers, false);
    }
  }

  /**
   * @param template needed for conversations only
   */
  public ExampleEncoder(Tokenizer tokenizer, Optional<ChatTemplate> template, Settings settings) {
    this.tokenizer = tokenizer;
    this.texts = new SurroundedText(tokenizer);
    this.conversations =
        template.map(each -> new ConversationEncoder(tokenizer, each, settings.answers()));
    this.settings = settings;
  }

  /**
   * Encodes a data set, on all cores. Examples that cannot be learned from are left out, counted
   * and named, unless the settings are strict.
   *
   * @throws LlmException {@code example_too_long} under {@link OverlengthPolicy#FAIL}; {@code
   *     no_examples_left}, or the code that all have in common, when none is left; what is wrong
   *     with the model; and what {@link #encode} throws where the settings are strict
   */
  public EncodedExamples encodeAll(List<? extends Example> examples) {
    Encoding encoding =
        Encoding.of(
            examples,
            Example::id,
            (example, seen) -> rows(example, seen).stream().map(List::of).toList(),
            settings);
    return new EncodedExamples(
        encoding.units().stream().flatMap(List::stream).toList(), encoding.report());
  }

  /**
   * Encodes one example, however long it is.
   *
   * @throws LlmException {@code prompt_not_prefix}, {@code eos_missing}, {@code eos_not_target},
   *     {@code no_answer}, {@code tool_calls_not_written}, {@code chat_template_missing}, {@code
   *     several_rows} for a conversation whose answers must be examples of their own, and what
   *     tokenizer and template throw
   */
  public TokenizedExample encode(Example example) {
    List<TokenizedExample> rows = rows(example, EnumSet.noneOf(Adjustment.class));
    if (rows.size() > 1) {
      throw new LlmException(
          "several_rows",
          "example %s: the chat template writes earlier turns differently later on, so its %d answers cannot be one row"
              .formatted(example.id(), rows.size()));
    }
    return rows.get(0);
  }

  /** A text that is to be continued, with the special tokens that belong before it. */
  public int[] prompt(String text) {
    return withoutEnd(texts.encode(text, EnumSet.noneOf(Adjustment.class)));
  }

  /**
   * A conversation that waits for an answer, up to and with what the template writes before it.
   *
   * @throws LlmException {@code chat_template_missing}, {@code tool_calls_not_written}, and what
   *     tokenizer and template throw
   */
  public int[] prompt(Example.Chat chat) {
    try {
      return conversations().prompt(chat);
    } catch (LlmException e) {
      throw named(chat.id(), e);
    }
  }

  private ConversationEncoder conversations() {
    return conversations.orElseThrow(
        () ->
            new LlmException(
                "chat_template_missing",
                "the model has no chat template, so it takes prompts and completions, not conversations"));
  }

  private static LlmException named(String id, LlmException e) {
    String name = "example " + id + ": ";
    return e.getMessage().startsWith(name)
        ? e
        : new LlmException(e.code(), name + e.getMessage(), e);
  }

  /**
   * Encodes one example.
   *
   * @param seen takes what was done to it
   */
  List<TokenizedExample> rows(Example example, Set<Adjustment> seen) {
    try {
      if (example instanceof Example.Chat chat) {
        return conversations().encode(chat, seen);
      }
      return List.of(
          example instanceof Example.Completion completion
              ? completion(completion, seen)
              : text((Example.Text) example, seen));
    } catch (LlmException e) {
      throw named(example.id(), e);
    }
  }

  private TokenizedExample text(Example.Text text, Set<Adjustment> seen) {
    int[] ids = withEos(texts.encode(text.document(), seen));
    if (ids.length < 2) {
      throw new LlmException("no_answer", "the document is empty");
    }
    return TokenizedExample.targetsFrom(text.id(), ids, 0);
  }

  private TokenizedExample completion(Example.Completion example, Set<Adjustment> seen) {
    if (example.completion().isEmpty()) {
      throw new LlmException("no_answer", "the completion is empty");
    }
    int[] prompt = withoutEnd(texts.encode(example.prompt(), EnumSet.noneOf(Adjustment.class)));
    int[] ids = withEos(texts.encode(example.prompt() + example.completion(), seen));
    int start = TargetSpans.common(prompt, ids);
    if (start == ids.length) {
      throw new LlmException("no_answer", "the completion adds no token to the prompt");
    }
    if (start < prompt.length) {
      if (Math.max(1, start) >= ids.length - 1) {
        throw new LlmException(
            "prompt_not_prefix",
            "prompt and completion become one token ('%s'), so the completion cannot be learned: put a space or line break between them"
                .formatted(tokenizer.token(ids[0]).orElse("?")));
      }
      seen.add(Adjustment.BOUNDARY_MOVED);
    }
    return TokenizedExample.targetsFrom(example.id(), ids, start);
  }

  private int[] withEos(int[] ids) {
    SpecialTokens special = tokenizer.specialTokens();
    if (ids.length > 0 && special.stops().contains(ids[ids.length - 1])) {
      return ids;
    }
    int[] longer = Arrays.copyOf(ids, ids.length + 1);
    longer[ids.length] = special.requireEos();
    return longer;
  }

  /** A post-processor may end the prompt as if it were a whole text. */
  private int[] withoutEnd(int[] ids) {
    boolean ended =
        ids.length > 0
            && tokenizer.specialTokens().eos().isPresent()
            && ids[ids.length - 1] == tokenizer.specialTokens().eos().getAsInt();
    return ended ? Arrays.copyOf(ids, ids.length - 1) : ids;
  }
}
