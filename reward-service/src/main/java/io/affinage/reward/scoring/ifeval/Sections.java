package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;

/** At least so many sections, each marked by a word and a number. */
record Sections(Pattern mark, int least) implements Check {

  static Check of(InstructionArguments arguments) {
    String word = Pattern.quote(arguments.text("section_spliter"));
    Pattern mark =
        Pattern.compile(Text.SPACE + "?" + word + Text.SPACE + "?\\p{Nd}+" + Text.SPACE + "?");
    return new Sections(mark, arguments.count("num_sections", 0));
  }

  @Override
  public boolean isFollowed(String response) {
    return Text.count(mark, response) >= least;
  }
}
