package io.affinage.events.spec;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known name that was probably meant by an unknown one. */
public final class NearestName {
  private NearestName() {}

  /** The nearest by Levenshtein's distance, where one is near. */
  public static Optional<String> of(String name, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .filter(candidate -> distance(name, candidate) <= Math.max(2, name.length() / 3));
  }

  /** The end of a sentence that refuses the name; empty where nothing is known. */
  public static String hint(String name, Collection<String> known) {
    String suggestion = suggestion(name, known);
    return suggestion.isEmpty() && !known.isEmpty()
        ? "; known are " + String.join(", ", known)
        : suggestion;
  }

  /** The end of a sentence that has listed what is known; empty where nothing is near. */
  public static String suggestion(String name, Collection<String> known) {
    return of(name, known).map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
