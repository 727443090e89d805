package io.affinage.reward.scoring.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arguments of one instruction, read strictly: the reference makes up what is missing, which
 * would be another reward each time.
 */
final class InstructionArguments {
  private static final int MAX_TEXTS = 100;
  private static final int MAX_CHARACTERS = 200;
  private static final int MAX_LONG_TEXT = 20_000;
  private static final int MAX_COUNT = 1_000_000;

  private final Instruction instruction;
  private final Set<String> unread = new TreeSet<>();

  InstructionArguments(Instruction instruction) {
    this.instruction = instruction;
    instruction
        .kwargs()
        .forEach(
            (name, value) -> {
              if (!value.isNull()) {
                unread.add(name);
              }
            });
  }

  /** A short text, trimmed and not empty. */
  String text(String name) {
    return text(name, value(name), MAX_CHARACTERS);
  }

  /** A text that may be long. */
  String longText(String name) {
    return text(name, value(name), MAX_LONG_TEXT);
  }

  /** One to many short texts. */
  List<String> texts(String name) {
    JsonNode value = value(name);
    if (!value.isArray() || value.isEmpty() || value.size() > MAX_TEXTS) {
      throw invalid(name, "must be a list of 1 to %d texts".formatted(MAX_TEXTS));
    }
    List<String> texts = new ArrayList<>();
    value.forEach(each -> texts.add(text(name, each, MAX_CHARACTERS)));
    return List.copyOf(texts);
  }

  /** One character. */
  String character(String name) {
    String text = text(name);
    if (text.codePointCount(0, text.length()) != 1) {
      throw invalid(name, "must be one character");
    }
    return text;
  }

  /** A whole number; 3.0, as tables write it, is one. */
  int count(String name, int least) {
    JsonNode value = value(name);
    if (!value.isNumber()
        || value.doubleValue() != Math.rint(value.doubleValue())
        || value.doubleValue() < least
        || value.doubleValue() > MAX_COUNT) {
      throw invalid(name, "must be a whole number from %d to %d".formatted(least, MAX_COUNT));
    }
    return value.intValue();
  }

  /** A number of things and how it is compared. */
  Amount amount(String count, String relation) {
    int threshold = count(count, 0);
    return switch (text(relation)) {
      case "less than" -> new Amount(true, threshold);
      case "at least" -> new Amount(false, threshold);
      default -> throw invalid(relation, "must be 'less than' or 'at least'");
    };
  }

  /** Refuses what no one read. */
  void close() {
    if (!unread.isEmpty()) {
      throw new InvalidInstructionException(
          "invalid_instruction",
          "%s has no argument %s".formatted(instruction.id(), String.join(", ", unread)));
    }
  }

  private JsonNode value(String name) {
    JsonNode value = instruction.kwargs().get(name);
    unread.remove(name);
    if (value == null || value.isNull()) {
      throw invalid(name, "is missing");
    }
    return value;
  }

  private String text(String name, JsonNode value, int most) {
    if (!value.isTextual()) {
      throw invalid(name, "must be text");
    }
    String text = Text.strip(value.textValue());
    if (text.isEmpty() || text.length() > most) {
      throw invalid(name, "must be text of 1 to %d characters".formatted(most));
    }
    return text;
  }

  private InvalidInstructionException invalid(String name, String why) {
    return new InvalidInstructionException(
        "invalid_instruction", "%s: %s %s".formatted(instruction.id(), name, why));
  }
}
