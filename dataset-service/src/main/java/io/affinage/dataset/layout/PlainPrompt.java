package io.affinage.dataset.layout;

/** The prompt that two plain texts share at their start. */
final class PlainPrompt {
  /** As Anthropic's files mark where an answer begins. */
  private static final String ANSWER = "\n\nAssistant:";

  private PlainPrompt() {}

  /**
   * How many characters of both are the prompt: up to the last mark of an answer that they share,
   * or else up to the last white space, so that no word is cut. 0 for none.
   */
  static int length(String a, String b) {
    int most = Math.min(a.length(), b.length());
    int common = 0;
    while (common < most && a.charAt(common) == b.charAt(common)) {
      common++;
    }
    int mark = a.substring(0, common).lastIndexOf(ANSWER);
    if (mark >= 0) {
      return mark + ANSWER.length();
    }
    while (common > 0 && !Character.isWhitespace(a.charAt(common - 1))) {
      common--;
    }
    return common;
  }
}
