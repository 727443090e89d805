package io.affinage.reward.scoring.ifeval;

import java.util.List;

/** None of the words occurs as a whole word, in whatever case. */
record ForbiddenWords(List<String> words) implements Check {

  static Check of(InstructionArguments arguments) {
    return new ForbiddenWords(
        arguments.texts("forbidden_words").stream().map(Text::lower).toList());
  }

  @Override
  public boolean isFollowed(String response) {
    String lower = Text.lower(response);
    return words.stream().noneMatch(word -> hasWord(lower, word));
  }

  private static boolean hasWord(String text, String word) {
    for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      if (isEdge(text, at) && isEdge(text, at + word.length())) {
        return true;
      }
    }
    return false;
  }

  /** Whether a word begins or ends here. */
  private static boolean isEdge(String text, int at) {
    boolean before = at > 0 && Text.isOfWord(text.codePointBefore(at));
    boolean after = at < text.length() && Text.isOfWord(text.codePointAt(at));
    return before != after;
  }

  @Override
  public int passes() {
    return words.size();
  }
}
