package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.TokenOffsets;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.ToolCallForm;
import io.affinage.llm.text.jinja.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Conversations as token rows. An answer is what the template writes for a turn of the assistant
 * after its generation prompt, up to and with what ends the turn: text, reasoning and calls alike.
 *
 * <p>A template that marks the assistant's words with {@code generation} tags is believed. Of
 * others the conversation is rendered up to and with each answer; where these are beginnings of the
 * whole, it is one row with all its answers. Where they are not, because the template writes
 * earlier turns differently later on (it leaves their reasoning out, say), each answer is a row of
 * its own, after the conversation as it was when it was asked for.
 */
final class ConversationEncoder {
  private static final String CALLS = "tool_calls";
  private static final String REASONING = "reasoning_content";

  /** In place of a turn's own words, to see where they stand; with different first characters. */
  private static final List<String> STAND_INS = List.of("qz-stand-in", "zq-stand-in");

  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final AnswerTargets answers;
  private Optional<ToolCallForm> calls; // null until a conversation has calls

  ConversationEncoder(Tokenizer tokenizer, ChatTemplate template, AnswerTargets answers) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.answers = answers;
  }

  /**
   * @param seen takes what was done to the conversation
   * @throws LlmException {@code no_answer}, {@code prompt_not_prefix}, {@code eos_not_target},
   *     {@code tool_calls_not_written}, and what tokenizer and template throw
   */
  List<TokenizedExample> encode(Example.Chat chat, Set<Adjustment> seen) {
    TreeSet<Integer> wanted = wanted(chat);
    // What follows the last target is predicted by nothing that is learned.
    List<ChatMessage> messages = called(chat.messages().subList(0, wanted.last() + 1));
    Conversation conversation = new Conversation(chat.id(), messages, chat.tools());
    conversation.requireCalls();
    List<TokenizedExample> encoded =
        template.marksGeneration()
            ? List.of(conversation.marked(wanted))
            : conversation.byPrefixes(wanted, seen);
    encoded.forEach(example -> requireEnd(example, seen));
    conversation.notice(wanted, seen);
    return encoded;
  }

  /**
   * All turns, and the beginning of an answer.
   *
   * @throws LlmException {@code tool_calls_not_written}, and what tokenizer and template throw
   */
  int[] prompt(Example.Chat chat) {
    List<ChatMessage> messages = called(chat.messages());
    new Conversation(chat.id(), messages, chat.tools()).requireCalls();
    return tokenizer.encode(render(messages, true, chat.tools()));
  }

  private TreeSet<Integer> wanted(Example.Chat chat) {
    List<ChatMessage> messages = chat.messages();
    if (messages.stream().noneMatch(ChatMessage::isAssistant)) {
      throw new LlmException("no_answer", "the conversation has no turn of the assistant");
    }
    int last = messages.size() - 1;
    if (answers == AnswerTargets.LAST && !messages.get(last).isAssistant()) {
      throw new LlmException(
          "no_answer",
          "the last turn is the %s's, not the assistant's".formatted(messages.get(last).role()));
    }
    TreeSet<Integer> wanted = new TreeSet<>();
    for (int i = answers == AnswerTargets.LAST ? last : 0; i <= last; i++) {
      if (messages.get(i).isAssistant() && !chat.masked().contains(i)) {
        wanted.add(i);
      }
    }
    if (wanted.isEmpty()) {
      throw new LlmException(
          "no_answer",
          answers == AnswerTargets.LAST
              ? "the last answer has the weight 0"
              : "all answers have the weight 0");
    }
    return wanted;
  }

  private List<ChatMessage> called(List<ChatMessage> messages) {
    if (messages.stream().noneMatch(message -> message.more().containsKey(CALLS))) {
      return messages;
    }
    return calls().orElseThrow(() -> notWritten("calls of functions")).applied(messages);
  }

  /** Conversations are encoded by several threads, and most have no calls. */
  private synchronized Optional<ToolCallForm> calls() {
    if (calls == null) {
      calls = ToolCallForm.of(template);
    }
    return calls;
  }

  private static LlmException notWritten(String what) {
    return new LlmException(
        "tool_calls_not_written",
        "the model's chat template does not write %s, so the assistant would learn to say nothing there: take a model whose template does, or put calls into the text"
            .formatted(what));
  }

  private static List<String> functions(ChatMessage message) {
    List<String> names = new ArrayList<>();
    if (message.more().get(CALLS) instanceof List<?> list) {
      for (Object call : list) {
        if (call instanceof Map<?, ?> fields
            && fields.get("function") instanceof Map<?, ?> function
            && function.get("name") instanceof String name) {
          names.add(name);
        }
      }
    }
    return names;
  }

  private static int occurrences(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
      count++;
    }
    return count;
  }

  /** Every example must teach to stop; a token that ends an answer is among its targets. */
  private void requireEnd(TokenizedExample example, Set<Adjustment> seen) {
    int[] spans = example.targetSpans();
    int ended = 0;
    for (int s = 0; s < spans.length; s += 2) {
      ended += hasStop(example.ids(), spans[s], spans[s + 1]) ? 1 : 0;
    }
    if (spans.length == 0) {
      throw new LlmException("no_answer", "no token of the conversation is a target");
    }
    if (ended == 0) {
      throw new LlmException(
          "eos_not_target",
          "the chat template puts no end-of-text token (%s) after the answer, so the model would never learn to stop; name the token that the template does use as eos_token"
              .formatted(
                  tokenizer.specialTokens().stops().stream()
                      .map(id -> tokenizer.token(id).orElse("?"))
                      .toList()));
    }
    if (2 * ended < spans.length) {
      seen.add(Adjustment.ANSWER_WITHOUT_END);
    }
  }

  private boolean hasStop(int[] ids, int from, int to) {
    for (int i = from; i < to; i++) {
      if (tokenizer.specialTokens().stops().contains(ids[i])) {
        return true;
      }
    }
    return false;
  }

  /**
   * A conversation up to and with an answer.
   *
   * @param start where in the text the answer begins
   */
  private final class Answer {
    private final String text;
    private final int start;

    Answer(String text, int start) {
      this.text = text;
      this.start = start;
    }

    String text() {
      return text;
    }

    /**
     * Adds the answer, from where the tokens of its prompt and the row's part to where its text
     * ends.
     *
     * @param row a text that begins with this one
     * @param ids the row's tokens
     */
    void addTo(TargetSpans spans, String row, int[] ids, Set<Adjustment> seen) {
      int[] prompt = tokenizer.encode(text.substring(0, start));
      int from = TargetSpans.common(prompt, ids);
      if (from < prompt.length) {
        seen.add(Adjustment.BOUNDARY_MOVED);
      }
      int to =
          text.length() == row.length()
              ? ids.length
              : TargetSpans.common(tokenizer.encode(text), ids);
      if (to <= from) {
        throw new LlmException("no_answer", "the answer adds no token to the prompt");
      }
      spans.add(from, to);
    }
  }

  /** One conversation and what the template makes of its beginnings. */
  private final class Conversation {
    private final String id;
    private final List<ChatMessage> messages;
    private final List<Map<String, Object>> tools;
    private final String whole;

    Conversation(String id, List<ChatMessage> messages, List<Map<String, Object>> tools) {
      this.id = id;
      this.messages = messages;
      this.tools = tools;
      this.whole = render(messages, false, tools);
    }

    /** What stands within {@code generation} tags. */
    TokenizedExample marked(TreeSet<Integer> wanted) {
      List<Span> marks = marks(messages);
      long answers = messages.stream().filter(ChatMessage::isAssistant).count();
      TokenOffsets tokens = tokenizer.encodeWithOffsets(whole);
      TargetSpans spans = new TargetSpans();
      int at = 0;
      for (Span span : wanted.size() == answers ? marks : chosen(marks, wanted)) {
        while (at < tokens.ids().length && tokens.starts()[at] < span.start()) {
          at++;
        }
        int from = at;
        while (at < tokens.ids().length && tokens.starts()[at] < span.end()) {
          at++;
        }
        spans.add(from, at);
      }
      return new TokenizedExample(id, tokens.ids(), spans.toArray());
    }

    /** The marks of some turns: those that are not there yet before the turn. */
    private List<Span> chosen(List<Span> marks, TreeSet<Integer> wanted) {
      List<Span> chosen = new ArrayList<>();
      for (int turn : wanted) {
        int before = turn == 0 ? 0 : marks(messages.subList(0, turn)).size();
        int after = marks(messages.subList(0, turn + 1)).size();
        chosen.addAll(marks.subList(Math.min(before, marks.size()), Math.min(after, marks.size())));
      }
      return chosen;
    }

    private List<Span> marks(List<ChatMessage> turns) {
      return template
          .renderMarked(turns, new ChatTemplate.Options(false, tools, Map.of()))
          .generated();
    }

    List<TokenizedExample> byPrefixes(TreeSet<Integer> wanted, Set<Adjustment> seen) {
      List<Answer> found = wanted.stream().map(this::answer).toList();
      if (found.stream().allMatch(answer -> whole.startsWith(answer.text()))) {
        int[] ids = tokenizer.encode(whole);
        TargetSpans spans = new TargetSpans();
        found.forEach(answer -> answer.addTo(spans, whole, ids, seen));
        return List.of(new TokenizedExample(id, ids, spans.toArray()));
      }
      seen.add(Adjustment.SPLIT_BY_ANSWER);
      List<TokenizedExample> rows = new ArrayList<>();
      for (Answer answer : found) {
        int[] ids = tokenizer.encode(answer.text());
        TargetSpans spans = new TargetSpans();
        answer.addTo(spans, answer.text(), ids, seen);
        rows.add(new TokenizedExample(id, ids, spans.toArray()));
      }
      return rows;
    }

    /**
     * An answer after what it is asked with. It begins after the generation prompt; where that is
     * not what the finished answer begins with (it opens reasoning, say, that the template leaves
     * out afterwards), at the turn's own words. Where the template writes what came before
     * differently once there is an answer, the answer follows the prompt as it was.
     */
    private Answer answer(int turn) {
      List<ChatMessage> before = messages.subList(0, turn);
      String upTo = upTo(turn);
      Optional<String> prompt = rendered(before, true);
      if (prompt.isPresent() && upTo.startsWith(prompt.get())) {
        return new Answer(upTo, prompt.get().length());
      }
      int words = ownWords(turn, upTo);
      String asked = turn == 0 ? "" : render(before, false, tools);
      if (upTo.startsWith(asked) && words >= asked.length()) {
        return new Answer(upTo, words);
      }
      if (prompt.isEmpty() || !isAfterQuestion(turn, upTo, words)) {
        throw new LlmException(
            "prompt_not_prefix",
            "the chat template writes the conversation before the answer differently once there is one, and does not show where the answer begins");
      }
      int spaces = words;
      while (spaces > 0 && upTo.charAt(spaces - 1) == ' ') {
        spaces--;
      }
      String space = upTo.substring(spaces, words);
      return new Answer(
          prompt.get() + (prompt.get().endsWith(space) ? "" : space) + upTo.substring(words),
          prompt.get().length());
    }

    private boolean isAfterQuestion(int turn, String upTo, int words) {
      String question = turn == 0 ? null : messages.get(turn - 1).content();
      int at = question == null ? -1 : upTo.indexOf(question.strip());
      return at >= 0 && at < words && words < upTo.length();
    }

    /** A beginning of the conversation; a template may refuse one without any turn. */
    private Optional<String> rendered(List<ChatMessage> turns, boolean prompt) {
      try {
        return Optional.of(render(turns, prompt, tools));
      } catch (LlmException e) {
        if (turns.isEmpty()) {
          return Optional.empty();
        }
        throw e;
      }
    }

    private int ownWords(int turn, String upTo) {
      int words = upTo.length();
      for (String standIn : STAND_INS) {
        words = Math.min(words, common(upTo, upTo(turn, ChatMessage.of("assistant", standIn))));
      }
      return words;
    }

    private String upTo(int turn) {
      return turn == messages.size() - 1
          ? whole
          : render(messages.subList(0, turn + 1), false, tools);
    }

    private String upTo(int turn, ChatMessage other) {
      List<ChatMessage> turns = new ArrayList<>(messages.subList(0, turn));
      turns.add(other);
      return render(turns, false, tools);
    }

    /**
     * Some templates write calls only of turns without text, or not after others.
     *
     * @throws LlmException {@code tool_calls_not_written}
     */
    void requireCalls() {
      for (int i = 0; i < messages.size(); i++) {
        ChatMessage message = messages.get(i);
        if (!message.more().containsKey(CALLS)) {
          continue;
        }
        ChatMessage silent = new ChatMessage(message.role(), STAND_INS.get(0), Map.of());
        String with = upTo(i);
        for (String name : functions(message)) {
          if (occurrences(with, name) <= occurrences(upTo(i, silent), name)) {
            throw notWritten("its call of '%s'".formatted(name));
          }
        }
      }
    }

    /** Notes what of the conversation the template leaves out. */
    void notice(TreeSet<Integer> wanted, Set<Adjustment> seen) {
      if (!tools.isEmpty() && render(messages, false, List.of()).equals(whole)) {
        seen.add(Adjustment.TOOLS_NOT_WRITTEN);
      }
      for (int i = 0; i < messages.size(); i++) {
        ChatMessage message = messages.get(i);
        if (!message.isAssistant() && isLost(message.content(), i, whole)) {
          seen.add(Adjustment.TURN_NOT_WRITTEN);
        }
        if (wanted.contains(i)
            && message.more().get(REASONING) instanceof String reasoning
            && !reasoning.isBlank()
            && !upTo(i).contains(reasoning.strip())) {
          seen.add(Adjustment.REASONING_NOT_WRITTEN);
        }
      }
    }

    /** Whether another text in its place would make no difference. */
    private boolean isLost(String content, int turn, String text) {
      if (content == null || content.isBlank() || text.contains(content.strip())) {
        return false;
      }
      List<ChatMessage> changed = new ArrayList<>(messages);
      ChatMessage message = messages.get(turn);
      changed.set(turn, new ChatMessage(message.role(), STAND_INS.get(0), message.more()));
      return render(changed, false, tools).equals(text);
    }
  }

  private String render(List<ChatMessage> turns, boolean prompt, List<Map<String, Object>> tools) {
    return template.render(turns, new ChatTemplate.Options(prompt, tools, Map.of()));
  }

  private static int common(String a, String b) {
    int most = Math.min(a.length(), b.length());
    int at = 0;
    while (at < most && a.charAt(at) == b.charAt(at)) {
      at++;
    }
    return at;
  }
}
