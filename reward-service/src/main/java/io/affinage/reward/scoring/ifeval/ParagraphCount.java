package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;
import java.util.List;

/**
 * So many paragraphs, exactly, between dividers of three asterisks; an empty one may be first or
 * last and does not count.
 */
record ParagraphCount(int paragraphs) implements Check {

  private static final Pattern DIVIDER =
      Pattern.compile(Text.SPACE + "?\\*\\*\\*" + Text.SPACE + "?");

  static Check of(InstructionArguments arguments) {
    return new ParagraphCount(arguments.count("num_paragraphs", 1));
  }

  @Override
  public boolean isFollowed(String response) {
    List<String> parts = Text.split(DIVIDER, response);
    int found = parts.size();
    for (int i = 0; i < parts.size(); i++) {
      if (Text.isBlank(parts.get(i))) {
        if (i > 0 && i < parts.size() - 1) {
          return false;
        }
        found--;
      }
    }
    return found == paragraphs;
  }
}
