package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/** At least so many highlighted sections of Markdown, between single or double asterisks. */
record Highlights(int least) implements Check {

  private static final Pattern SINGLE = Pattern.compile("\\*[^\\n*]*\\*");
  private static final Pattern DOUBLE = Pattern.compile("\\*\\*[^\\n*]*\\*\\*");

  static Check of(InstructionArguments arguments) {
    return new Highlights(arguments.count("num_highlights", 0));
  }

  @Override
  public boolean isFollowed(String response) {
    return count(SINGLE, response) + count(DOUBLE, response) >= least;
  }

  private static long count(Pattern pattern, String response) {
    long count = 0;
    for (Matcher found = pattern.matcher(response); found.find(); ) {
      count += Text.isBlank(found.group().replace("*", "")) ? 0 : 1;
    }
    return count;
  }

  @Override
  public int passes() {
    return 2;
  }
}
