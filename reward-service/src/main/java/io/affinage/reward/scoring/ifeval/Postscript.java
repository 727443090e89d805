package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;

/** A postscript begins with the marker, in whatever case. */
record Postscript(Pattern marker) implements Check {

  static Check of(InstructionArguments arguments) {
    String marker = arguments.text("postscript_marker");
    return new Postscript(
        switch (marker) {
          case "P.P.S" -> Pattern.compile("p\\." + Text.SPACE + "?p\\." + Text.SPACE + "?s");
          case "P.S." -> Pattern.compile("p\\." + Text.SPACE + "?s\\.");
          default -> Pattern.compile(Pattern.quote(Text.lower(marker)));
        });
  }

  @Override
  public boolean isFollowed(String response) {
    return marker.matcher(Text.lower(response)).find();
  }
}
