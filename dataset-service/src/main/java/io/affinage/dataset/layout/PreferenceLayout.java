package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code chosen} and {@code rejected} answers, each text, a turn or turns; or OpenAI's {@code
 * preferred_output} and {@code non_preferred_output}. The prompt is {@code prompt}, ShareGPT's
 * {@code conversations}, Alpaca's {@code instruction} and {@code input}, OpenAI's {@code
 * input.messages}, or what both answers start with. A column {@code margin} says by how much the
 * chosen answer is better.
 */
final class PreferenceLayout implements RowLayout {
  private final boolean asChats;

  /**
   * @param asChats as for {@link PromptCompletionLayout}
   */
  PreferenceLayout(boolean asChats) {
    this.asChats = asChats;
  }

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.PREFERENCE;
  }

  @Override
  public String needs() {
    return "chosen, rejected (optional prompt, or conversations, or instruction and input)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("chosen") && fields.has("rejected") || isOpenAi(fields);
  }

  private static boolean isOpenAi(ObjectNode fields) {
    return fields.has("preferred_output") && fields.has("non_preferred_output");
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    NormalRow pair = pair(row);
    return row.has("margin") ? pair.withMargin(margin(row)) : pair;
  }

  /** By how much the chosen answer is better, as TRL's column of this name. */
  private static Double margin(LayoutRow row) throws BadRow {
    JsonNode value = row.required("margin");
    double margin = Double.NaN;
    if (Json.finite(value)) {
      margin = value.doubleValue();
    } else if (value.isTextual()) {
      try {
        margin = Double.parseDouble(value.textValue().strip());
      } catch (NumberFormatException e) {
        margin = Double.NaN;
      }
    }
    if (!(margin >= 0) || Double.isInfinite(margin)) {
      throw new BadRow(
          FaultReason.INVALID_MARGIN,
          "margin says by how much the chosen answer is better, a number of 0 or more");
    }
    return margin;
  }

  private NormalRow pair(LayoutRow row) throws BadRow {
    if (row.has("preferred_output") || row.has("non_preferred_output")) {
      return openAi(row);
    }
    JsonNode chosen = row.required("chosen");
    JsonNode rejected = row.required("rejected");
    if (!Turns.isList(chosen) && !Turns.isList(rejected) && isPlain(row)) {
      return plain(row);
    }
    List<ChatMessage> better = turns(chosen, "chosen", row);
    List<ChatMessage> worse = turns(rejected, "rejected", row);
    List<ChatMessage> prompt = prompt(row);
    List<JsonNode> tools = Tools.of(row);
    if (!Turns.isAssistant(better.get(0)) || !Turns.isAssistant(worse.get(0))) {
      return wholeChats(prompt, better, worse, tools, row);
    }
    if (prompt == null) {
      throw new BadRow(
          FaultReason.NO_COMMON_PROMPT,
          "there is no prompt, and chosen and rejected start with an answer");
    }
    return pair(prompt, better, worse, tools, row);
  }

  /** Text that no template goes around. */
  private boolean isPlain(LayoutRow row) {
    boolean otherPrompt = row.has("conversations") || row.has("instruction");
    return !asChats
        && !Chats.needed(row)
        && (row.has("prompt") ? !row.isTurns("prompt") : !otherPrompt);
  }

  private static NormalRow plain(LayoutRow row) throws BadRow {
    String chosen = row.requiredText("chosen", FaultReason.EMPTY_COMPLETION);
    String rejected = row.requiredText("rejected", FaultReason.EMPTY_COMPLETION);
    requireDifferent(chosen, rejected);
    if (row.has("prompt")) {
      String prompt = row.requiredText("prompt", FaultReason.EMPTY_PROMPT);
      return plain(prompt, chosen, rejected);
    }
    int common = PlainPrompt.length(chosen, rejected);
    if (common == 0) {
      throw new BadRow(
          FaultReason.NO_COMMON_PROMPT,
          "there is no prompt, and chosen and rejected start differently");
    }
    row.note(RowNote.PROMPT_FROM_ANSWERS, "chosen");
    return plain(
        LayoutRow.nonBlank(
            chosen.substring(0, common), "what both start with", FaultReason.EMPTY_PROMPT),
        LayoutRow.nonBlank(chosen.substring(common), "chosen", FaultReason.EMPTY_COMPLETION),
        LayoutRow.nonBlank(rejected.substring(common), "rejected", FaultReason.EMPTY_COMPLETION));
  }

  private static NormalRow plain(String prompt, String chosen, String rejected) {
    return new NormalRow(
        null, null, prompt, null, null, null, null, chosen, rejected, null, null, null);
  }

  private static void requireDifferent(Object chosen, Object rejected) throws BadRow {
    if (chosen.equals(rejected)) {
      throw new BadRow(FaultReason.IDENTICAL_ANSWERS, "chosen and rejected are the same");
    }
  }

  private static List<ChatMessage> turns(JsonNode value, String column, LayoutRow row)
      throws BadRow {
    return value.isTextual() && !value.textValue().stripLeading().startsWith("[{")
            || value.isValueNode() && !value.isTextual()
        ? new ArrayList<>(
            List.of(Turns.assistant(row.requiredText(column, FaultReason.EMPTY_COMPLETION))))
        : Turns.read(value, column, row);
  }

  /** The turns before the answers where a column has them; null where none does. */
  private static List<ChatMessage> prompt(LayoutRow row) throws BadRow {
    if (row.has("prompt")) {
      JsonNode prompt = row.required("prompt");
      return Turns.isList(prompt)
          ? Chats.withSystem(Turns.read(prompt, "prompt", row), row)
          : Chats.question(row.requiredText("prompt", FaultReason.EMPTY_PROMPT), row);
    }
    if (row.has("conversations")) {
      JsonNode turns = row.required("conversations");
      return Chats.withSystem(Turns.read(turns, "conversations", row), row);
    }
    return row.has("instruction") ? AlpacaLayout.prompt(row) : null;
  }

  /** Both answers hold the whole chat: what they start with is the prompt. */
  private static NormalRow wholeChats(
      List<ChatMessage> given,
      List<ChatMessage> chosen,
      List<ChatMessage> rejected,
      List<JsonNode> tools,
      LayoutRow row)
      throws BadRow {
    HermesText.Chat read = HermesText.read(chosen, tools, "chosen", row);
    List<ChatMessage> better = TurnOrder.chat(read.turns(), "chosen", row);
    List<ChatMessage> worse =
        TurnOrder.chat(HermesText.read(rejected, tools, "rejected", row).turns(), "rejected", row);
    requireDifferent(better, worse);
    int common = commonStart(better, worse);
    if (common == 0) {
      throw new BadRow(
          FaultReason.NO_COMMON_PROMPT,
          "chosen and rejected are whole chats that start differently");
    }
    List<ChatMessage> prompt = better.subList(0, common);
    if (given == null) {
      prompt = Chats.withSystem(prompt, row);
      row.note(RowNote.PROMPT_FROM_ANSWERS, "chosen");
    } else {
      requireHeld(given, prompt);
      if (given.get(0).role().equals(Turns.SYSTEM) && !prompt.get(0).role().equals(Turns.SYSTEM)) {
        prompt = new ArrayList<>(prompt);
        prompt.add(0, given.get(0));
      }
    }
    return pair(
        prompt,
        better.subList(common, better.size()),
        worse.subList(common, worse.size()),
        read.tools(),
        row);
  }

  /** A prompt beside whole chats says nothing that they do not say. */
  private static void requireHeld(List<ChatMessage> given, List<ChatMessage> prompt) throws BadRow {
    for (ChatMessage turn : given) {
      boolean held =
          turn.role().equals(Turns.SYSTEM)
              ? prompt.stream().noneMatch(each -> each.role().equals(Turns.SYSTEM))
                  || prompt.contains(turn)
              : prompt.contains(turn);
      if (!held) {
        throw new BadRow(
            FaultReason.PROMPT_NOT_IN_ANSWERS,
            "chosen and rejected are whole chats, and the prompt is no part of what they start"
                + " with");
      }
    }
  }

  /** How many turns both start with, up to the first answer that is to be compared. */
  private static int commonStart(List<ChatMessage> a, List<ChatMessage> b) {
    // An answer keeps at least its last turn.
    int most = Math.min(a.size(), b.size()) - 1;
    int common = 0;
    while (common < most && a.get(common).equals(b.get(common))) {
      common++;
    }
    while (common > 0 && !(Turns.isAssistant(a.get(common)) && Turns.isAssistant(b.get(common)))) {
      common--;
    }
    return common;
  }

  private NormalRow openAi(LayoutRow row) throws BadRow {
    JsonNode input = row.required("input");
    if (!input.isObject()) {
      throw new BadRow(
          FaultReason.NO_MESSAGES, "input must be an object that holds the messages of the prompt");
    }
    for (Map.Entry<String, JsonNode> member : input.properties()) {
      boolean read = member.getKey().equals("messages") || member.getKey().equals("tools");
      if (!read && LayoutRow.holds(member.getValue())) {
        row.unread("input." + member.getKey());
      }
    }
    if (!input.hasNonNull("messages")) {
      throw new BadRow(FaultReason.MISSING_FIELD, "input.messages is missing");
    }
    JsonNode tools = input.get("tools");
    return pair(
        Chats.withSystem(Turns.read(input.get("messages"), "input.messages", row), row),
        turns(row.required("preferred_output"), "preferred_output", row),
        turns(row.required("non_preferred_output"), "non_preferred_output", row),
        tools == null || tools.isNull() ? Tools.of(row) : Tools.read(tools, "input.tools", row),
        row);
  }

  private static NormalRow pair(
      List<ChatMessage> prompt,
      List<ChatMessage> chosen,
      List<ChatMessage> rejected,
      List<JsonNode> tools,
      LayoutRow row)
      throws BadRow {
    HermesText.Chat asked = HermesText.read(prompt, tools, "prompt", row);
    List<ChatMessage> better =
        TurnOrder.answer(
            HermesText.read(chosen, asked.tools(), "chosen", row).turns(), "chosen", row);
    List<ChatMessage> worse =
        TurnOrder.answer(
            HermesText.read(rejected, asked.tools(), "rejected", row).turns(), "rejected", row);
    requireDifferent(better, worse);
    return new NormalRow(
        null,
        null,
        null,
        null,
        List.copyOf(TurnOrder.prompt(asked.turns(), "prompt", row)),
        List.copyOf(better),
        List.copyOf(worse),
        null,
        null,
        null,
        asked.tools(),
        null);
  }
}
