package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;

/** So many bullet points, exactly, of Markdown: lines that begin with an asterisk or a dash. */
record Bullets(int bullets) implements Check {

  private static final Pattern ASTERISK =
      Pattern.compile("^" + Text.SPACE + "*\\*[^*].*$", Pattern.MULTILINE);
  private static final Pattern DASH =
      Pattern.compile("^" + Text.SPACE + "*-.*$", Pattern.MULTILINE);

  static Check of(InstructionArguments arguments) {
    return new Bullets(arguments.count("num_bullets", 0));
  }

  @Override
  public boolean isFollowed(String response) {
    return Text.count(ASTERISK, response) + Text.count(DASH, response) == bullets;
  }

  @Override
  public int passes() {
    return 2;
  }
}
