package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/** There is a title in double angle brackets. */
record Title() implements Check {

  private static final Pattern TITLE = Pattern.compile("<<[^\\n]+>>");

  static Check of(InstructionArguments arguments) {
    return new Title();
  }

  @Override
  public boolean isFollowed(String response) {
    for (Matcher found = TITLE.matcher(response); found.find(); ) {
      String title = found.group();
      int start = 0;
      while (start < title.length() && title.charAt(start) == '<') {
        start++;
      }
      int end = title.length();
      while (end > start && title.charAt(end - 1) == '>') {
        end--;
      }
      if (!Text.isBlank(title.substring(start, end))) {
        return true;
      }
    }
    return false;
  }
}
