package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.TokenOffsets;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.jinja.Span;
import io.affinage.llm.text.jinja.Template;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns examples into token rows and decides on which tokens loss is taken, as supervised
 * fine-tuning does it: on what follows the prompt.
 *
 * <p>The prompt is tokenized alone and then with its completion; where the first is not the
 * beginning of the second the mask would be off by a token, so that is an error. Every example must
 * teach the model to stop: one of its targets is an end-of-text token. Nothing is padded here, so a
 * padding token that is also an end-of-text token does no harm.
 */
public final class ExampleEncoder {
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final Settings settings;

  /**
   * How examples are encoded.
   *
   * @param maxLength tokens that an example may have
   * @param overlength what happens to longer ones
   * @param answers on which answers of a conversation loss is taken
   */
  public record Settings(int maxLength, OverlengthPolicy overlength, AnswerTargets answers) {
    public Settings {
      if (maxLength < 2) {
        throw new IllegalArgumentException("the maximum length must be at least 2");
      }
    }
  }

  /**
   * @param template needed for conversations only
   */
  public ExampleEncoder(Tokenizer tokenizer, Optional<ChatTemplate> template, Settings settings) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.settings = settings;
  }

  /**
   * Encodes a data set, on all cores.
   *
   * @throws LlmException {@code example_too_long} under {@link OverlengthPolicy#FAIL}, {@code
   *     no_examples_left} when all were dropped, and what {@link #encode} throws
   */
  public EncodedExamples encodeAll(List<? extends Example> examples) {
    List<TokenizedExample> whole =
        IntStream.range(0, examples.size())
            .parallel()
            .mapToObj(i -> encode(examples.get(i)))
            .toList();
    List<TokenizedExample> kept = new ArrayList<>(whole.size());
    long tokens = 0;
    long targets = 0;
    int longest = 0;
    int dropped = 0;
    int truncated = 0;
    for (TokenizedExample each : whole) {
      TokenizedExample fitting = each;
      if (each.length() > settings.maxLength()) {
        Optional<TokenizedExample> cut = tooLong(each);
        if (cut.isEmpty()) {
          dropped++;
          continue;
        }
        truncated++;
        fitting = cut.get();
      }
      kept.add(fitting);
      tokens += fitting.length();
      targets += fitting.targetCount();
      longest = Math.max(longest, fitting.length());
    }
    if (kept.isEmpty()) {
      throw new LlmException(
          "no_examples_left",
          examples.isEmpty()
              ? "the data set has no examples"
              : "all %d examples are longer than the maximum of %d tokens: raise it"
                  .formatted(examples.size(), settings.maxLength()));
    }
    return new EncodedExamples(
        kept, new EncodingReport(kept.size(), tokens, targets, longest, dropped, truncated));
  }

  /**
   * Encodes one example, however long it is.
   *
   * @throws LlmException {@code prompt_not_prefix}, {@code eos_missing}, {@code eos_not_target},
   *     {@code no_answer}, {@code chat_template_missing}, and what tokenizer and template throw
   */
  public TokenizedExample encode(Example example) {
    try {
      if (example instanceof Example.Chat chat) {
        return chat(chat);
      }
      return example instanceof Example.Completion completion
          ? completion(completion)
          : text((Example.Text) example);
    } catch (LlmException e) {
      String name = "example " + example.id() + ": ";
      throw e.getMessage().startsWith(name)
          ? e
          : new LlmException(e.code(), name + e.getMessage(), e);
    }
  }

  private Optional<TokenizedExample> tooLong(TokenizedExample example) {
    int most = settings.maxLength();
    return switch (settings.overlength()) {
      case DROP -> Optional.empty();
      case FAIL ->
          throw new LlmException(
              "example_too_long",
              "example %s has %d tokens, more than the maximum of %d: raise the maximum, or choose to drop or truncate longer examples"
                  .formatted(example.id(), example.length(), most));
      case TRUNCATE -> {
        int[] spans = example.targetSpans();
        int[] cut =
            IntStream.range(0, spans.length / 2)
                .filter(i -> spans[2 * i] < most)
                .flatMap(i -> IntStream.of(spans[2 * i], Math.min(most, spans[2 * i + 1])))
                .toArray();
        yield cut.length == 0
            ? Optional.empty()
            : Optional.of(
                new TokenizedExample(example.id(), Arrays.copyOf(example.ids(), most), cut));
      }
    };
  }

  private TokenizedExample text(Example.Text text) {
    int[] ids = withEos(tokenizer.encodeWithSpecialTokens(text.document()));
    if (ids.length < 2) {
      throw new LlmException("no_answer", "the document is empty");
    }
    return TokenizedExample.targetsFrom(text.id(), ids, 0);
  }

  private TokenizedExample completion(Example.Completion example) {
    if (example.completion().isEmpty()) {
      throw new LlmException("no_answer", "the completion is empty");
    }
    int[] prompt = withoutEos(tokenizer.encodeWithSpecialTokens(example.prompt()));
    int[] ids = withEos(tokenizer.encodeWithSpecialTokens(example.prompt() + example.completion()));
    requirePrefix(prompt, ids);
    requireMore(prompt, ids);
    return TokenizedExample.targetsFrom(example.id(), ids, prompt.length);
  }

  private TokenizedExample chat(Example.Chat chat) {
    if (chat.messages().stream().noneMatch(ChatMessage::isAssistant)) {
      throw new LlmException("no_answer", "the conversation has no turn of the assistant");
    }
    TokenizedExample encoded =
        settings.answers() == AnswerTargets.LAST
            ? lastAnswer(chat)
            : template().marksGeneration() ? markedAnswers(chat) : allAnswers(chat);
    requireEosTarget(encoded);
    return encoded;
  }

  private TokenizedExample lastAnswer(Example.Chat chat) {
    int last = chat.messages().size() - 1;
    if (!chat.messages().get(last).isAssistant()) {
      throw new LlmException(
          "no_answer",
          "the last turn is the %s's, not the assistant's"
              .formatted(chat.messages().get(last).role()));
    }
    int[] prompt = render(chat, last, true);
    int[] ids = render(chat, last + 1, false);
    requirePrefix(prompt, ids);
    requireMore(prompt, ids);
    return TokenizedExample.targetsFrom(chat.id(), ids, prompt.length);
  }

  /** What stands within {@code generation} tags. */
  private TokenizedExample markedAnswers(Example.Chat chat) {
    Template.Rendering rendering = template().renderMarked(chat.messages(), options(chat, false));
    TokenOffsets tokens = tokenizer.encodeWithOffsets(rendering.text());
    List<Integer> spans = new ArrayList<>();
    int at = 0;
    for (Span span : rendering.generated()) {
      while (at < tokens.ids().length && tokens.starts()[at] < span.start()) {
        at++;
      }
      int from = at;
      while (at < tokens.ids().length && tokens.starts()[at] < span.end()) {
        at++;
      }
      add(spans, from, at);
    }
    return new TokenizedExample(chat.id(), tokens.ids(), ints(spans));
  }

  /** What each answer adds to the conversation up to it, which must be a beginning of the whole. */
  private TokenizedExample allAnswers(Example.Chat chat) {
    int[] whole = render(chat, chat.messages().size(), false);
    List<Integer> spans = new ArrayList<>();
    for (int i = 0; i < chat.messages().size(); i++) {
      if (chat.messages().get(i).isAssistant()) {
        int[] prompt = render(chat, i, true);
        int[] upTo = render(chat, i + 1, false);
        requirePrefix(prompt, upTo);
        requireMore(prompt, upTo);
        requirePrefix(upTo, whole);
        add(spans, prompt.length, upTo.length);
      }
    }
    return new TokenizedExample(chat.id(), whole, ints(spans));
  }

  /** Adds a span, joined to the one before where they touch. */
  private static void add(List<Integer> spans, int start, int end) {
    int from = Math.max(1, start);
    if (from >= end) {
      return;
    }
    if (!spans.isEmpty() && spans.get(spans.size() - 1) == from) {
      spans.set(spans.size() - 1, end);
    } else {
      spans.add(from);
      spans.add(end);
    }
  }

  private static int[] ints(List<Integer> spans) {
    return spans.stream().mapToInt(Integer::intValue).toArray();
  }

  private int[] render(Example.Chat chat, int turns, boolean prompt) {
    return tokenizer.encode(
        template().render(chat.messages().subList(0, turns), options(chat, prompt)));
  }

  private static ChatTemplate.Options options(Example.Chat chat, boolean prompt) {
    return new ChatTemplate.Options(prompt, chat.tools(), Map.of());
  }

  private ChatTemplate template() {
    return template.orElseThrow(
        () ->
            new LlmException(
                "chat_template_missing",
                "the model has no chat template, so it takes prompts and completions, not conversations"));
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
  private int[] withoutEos(int[] ids) {
    boolean ended =
        ids.length > 0
            && tokenizer.specialTokens().eos().isPresent()
            && ids[ids.length - 1] == tokenizer.specialTokens().eos().getAsInt();
    return ended ? Arrays.copyOf(ids, ids.length - 1) : ids;
  }

  private void requirePrefix(int[] prompt, int[] ids) {
    int at = Arrays.mismatch(prompt, ids);
    if (at >= 0 && at < prompt.length) {
      throw new LlmException(
          "prompt_not_prefix",
          "the tokens of the prompt are not the beginning of prompt and completion: at token %d the prompt has %s, the whole has %s. The text is split elsewhere when the completion follows (move a space from the prompt's end to the completion's start), or the chat template changes earlier turns"
              .formatted(at, tokenAt(prompt, at), tokenAt(ids, at)));
    }
  }

  private static void requireMore(int[] prompt, int[] ids) {
    if (ids.length == prompt.length) {
      throw new LlmException("no_answer", "the completion adds no token to the prompt");
    }
  }

  private String tokenAt(int[] ids, int at) {
    return at < ids.length
        ? "'" + tokenizer.token(ids[at]).orElse("?") + "' (" + ids[at] + ")"
        : "nothing";
  }

  private void requireEosTarget(TokenizedExample example) {
    int[] spans = example.targetSpans();
    for (int s = 0; s < spans.length; s += 2) {
      for (int i = spans[s]; i < spans[s + 1]; i++) {
        if (tokenizer.specialTokens().stops().contains(example.ids()[i])) {
          return;
        }
      }
    }
    throw new LlmException(
        spans.length == 0 ? "no_answer" : "eos_not_target",
        spans.length == 0
            ? "no token of the conversation is a target"
            : "the chat template puts no end-of-text token (%s) after the answer, so the model would never learn to stop; name the token that the template does use as eos_token"
                .formatted(
                    tokenizer.specialTokens().stops().stream()
                        .map(id -> tokenizer.token(id).orElse("?"))
                        .toList()));
  }
}
