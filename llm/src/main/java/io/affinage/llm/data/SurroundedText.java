package io.affinage.llm.data;

import io.affinage.llm.text.Tokenizer;
import java.util.Arrays;
import java.util.Set;

/**
 * Texts with the special tokens that a tokenizer puts around them. A text that was rendered before
 * it came here has them already, and two would be none that the model has seen.
 */
final class SurroundedText {
  private static final String ANY = "a";

  private final Tokenizer tokenizer;
  private final int[] before;
  private final int[] after;

  SurroundedText(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    int[] plain = tokenizer.encode(ANY);
    int[] whole = tokenizer.encodeWithSpecialTokens(ANY);
    int at = 0;
    while (at + plain.length < whole.length && !startsWith(whole, at, plain)) {
      at++;
    }
    boolean found = plain.length > 0 && startsWith(whole, at, plain);
    this.before = found ? Arrays.copyOf(whole, at) : new int[0];
    this.after = found ? Arrays.copyOfRange(whole, at + plain.length, whole.length) : new int[0];
  }

  /**
   * @param seen takes {@link Adjustment#SPECIAL_TOKENS_ONCE} where the text had them
   */
  int[] encode(String text, Set<Adjustment> seen) {
    int[] ids = tokenizer.encodeWithSpecialTokens(text);
    int from = before.length > 0 && startsWith(ids, before.length, before) ? before.length : 0;
    int to = ids.length;
    int last = ids.length - 2 * after.length;
    if (after.length > 0 && last >= from && startsWith(ids, last, after)) {
      to -= after.length;
    }
    if (from == 0 && to == ids.length) {
      return ids;
    }
    seen.add(Adjustment.SPECIAL_TOKENS_ONCE);
    return Arrays.copyOfRange(ids, from, to);
  }

  private static boolean startsWith(int[] ids, int from, int[] part) {
    return from + part.length <= ids.length
        && Arrays.equals(ids, from, from + part.length, part, 0, part.length);
  }
}
