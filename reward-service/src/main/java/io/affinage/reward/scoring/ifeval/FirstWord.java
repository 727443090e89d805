package io.affinage.reward.scoring.ifeval;

import java.util.List;

/** So many paragraphs, exactly, between empty lines, and one of them begins with a word. */
record FirstWord(int paragraphs, int nth, String word) implements Check {

  private static final String PUNCTUATION = ".,?!'\"";

  static Check of(InstructionArguments arguments) {
    int paragraphs = arguments.count("num_paragraphs", 1);
    int nth = arguments.count("nth_paragraph", 1);
    return new FirstWord(paragraphs, nth, Text.lower(arguments.text("first_word")));
  }

  @Override
  public boolean isFollowed(String response) {
    List<String> parts = List.of(response.split("\n\n", -1));
    long found = parts.stream().filter(part -> !Text.isBlank(part)).count();
    // Blank parts are not counted, but numbered: so it is defined.
    if (found != paragraphs || nth > found || Text.isBlank(parts.get(nth - 1))) {
      return false;
    }
    return word.equals(firstWord(parts.get(nth - 1)));
  }

  private static String firstWord(String paragraph) {
    String token = Text.tokens(paragraph).get(0);
    int start = 0;
    while (start < token.length() && token.charAt(start) == '\'') {
      start++;
    }
    while (start < token.length() && token.charAt(start) == '"') {
      start++;
    }
    int end = start;
    while (end < token.length() && PUNCTUATION.indexOf(token.charAt(end)) < 0) {
      end++;
    }
    return Text.lower(token.substring(start, end));
  }
}
