package io.affinage.reward.scoring;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * 1 when completion and reference are equal after trimming, else 0.
 *
 * @param ignoreCase fold upper and lower case
 * @param ignorePunctuation drop punctuation (Unicode class P) and take runs of white space as one
 *     space
 */
public record ExactMatch(boolean ignoreCase, boolean ignorePunctuation) implements Reward {
  private static final long STEPS_A_CHARACTER = 10;
  private static final Pattern PUNCTUATION = Pattern.compile("\\p{P}");
  private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    if (candidate.reference() == null) {
      return new Score.Unscorable(
          "missing_reference", "exact_match needs a reference and the item has none");
    }
    budget.spend(
        STEPS_A_CHARACTER * (candidate.completion().length() + candidate.reference().length()));
    String answer = fold(candidate.completion());
    String right = fold(candidate.reference());
    return answer.equals(right)
        ? Score.of(true, "equal")
        : Score.of(false, "expected '" + head(right) + "', got '" + head(answer) + "'");
  }

  private String fold(String text) {
    String folded = text.strip();
    if (ignoreCase) {
      // Upper first: letters such as final sigma have several lower-case forms and one upper.
      folded = folded.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }
    if (ignorePunctuation) {
      folded = PUNCTUATION.matcher(folded).replaceAll("");
      folded = SPACES.matcher(folded).replaceAll(" ").strip();
    }
    return folded;
  }

  private static String head(String text) {
    return text.length() <= 90 ? text : text.substring(0, 90) + "\u2026";
  }
}
