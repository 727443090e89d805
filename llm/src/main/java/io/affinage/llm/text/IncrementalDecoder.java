package io.affinage.llm.text;

import java.util.Arrays;

/**
 * Decodes ids as they are generated. What it returns, joined, is the text of all ids at once; a
 * character whose bytes are spread over several tokens comes out whole, with its last token.
 *
 * <p>Only a short window is decoded each time: the ids since the last text that came out, after the
 * ids of that text (a token's text may depend on what stands before it, such as a leading space).
 */
public final class IncrementalDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private int[] window = new int[64];
  private int length;

  /** So many ids at the window's start are already out; their text is {@link #shown}. */
  private int emitted;

  private String shown = "";

  IncrementalDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /** The text that became certain with this id; often empty. */
  public String add(int id) {
    if (length == window.length) {
      window = Arrays.copyOf(window, 2 * length);
    }
    window[length++] = id;
    String text = decode(0);
    if (text.length() <= shown.length() || text.charAt(text.length() - 1) == REPLACEMENT) {
      return "";
    }
    String more = text.substring(shown.length());
    System.arraycopy(window, emitted, window, 0, length - emitted);
    length -= emitted;
    emitted = length;
    shown = decode(0);
    return more;
  }

  /** What is still held back: the rest of an incomplete character, as U+FFFD. */
  public String finish() {
    String text = decode(0);
    String rest = text.length() > shown.length() ? text.substring(shown.length()) : "";
    length = 0;
    emitted = 0;
    shown = "";
    return rest;
  }

  private String decode(int from) {
    return tokenizer.decode(Arrays.copyOfRange(window, from, length), skipSpecialTokens);
  }
}
