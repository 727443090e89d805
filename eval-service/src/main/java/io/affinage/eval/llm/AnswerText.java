package io.affinage.eval.llm;

import io.affinage.llm.text.IncrementalDecoder;
import io.affinage.llm.text.Tokenizer;
import java.util.List;

/**
 * The text of an answer as its tokens come in, up to the first stop text, which is no part of it.
 * Text that may turn out to be the beginning of a stop text is held back.
 */
final class AnswerText {
  private final IncrementalDecoder decoder;
  private final Tokenizer tokenizer;
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private int handedOut;
  private boolean stopped;
  private boolean finished;

  AnswerText(Tokenizer tokenizer, List<String> stops) {
    this.tokenizer = tokenizer;
    this.decoder = tokenizer.decoder(true);
    this.stops = stops;
  }

  /** The next token; one that only pads the model's vocabulary stands for no text. */
  void add(int token) {
    boolean hasText =
        tokenizer.token(token).isPresent() && !tokenizer.specialTokens().stops().contains(token);
    if (!stopped && hasText) {
      append(decoder.add(token));
    }
  }

  private void append(String more) {
    int from = text.length();
    text.append(more);
    int first = -1;
    for (String stop : stops) {
      int at = text.indexOf(stop, Math.max(0, from - stop.length() + 1));
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    if (first >= 0) {
      text.setLength(first);
      stopped = true;
    }
  }

  /** Whether a stop text was seen: the rest does not matter. */
  boolean stopped() {
    return stopped;
  }

  /** What is certain and was not handed out before. */
  String news() {
    int certain = text.length() - (stopped || finished ? 0 : heldBack());
    String news = text.substring(handedOut, Math.max(handedOut, certain));
    handedOut += news.length();
    return news;
  }

  /** Characters at the end that may begin a stop text. */
  private int heldBack() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, text.length()); n > longest; n--) {
        if (stop.startsWith(text.substring(text.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }

  /** The whole answer; nothing may be added after it. */
  String whole() {
    if (!finished) {
      if (!stopped) {
        append(decoder.finish());
      }
      finished = true;
    }
    return text.toString();
  }
}
