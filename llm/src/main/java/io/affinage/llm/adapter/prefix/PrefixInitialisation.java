package io.affinage.llm.adapter.prefix;

import io.affinage.llm.error.LlmException;

/** What keys and values begin with. Files do not tell it. */
public sealed interface PrefixInitialisation {

  /** Normal numbers of deviation 1, as PEFT has them. */
  record Random() implements PrefixInitialisation {}

  /** Zeros: keys that are as near to every query as to any other, and values that add nothing. */
  record Zeros() implements PrefixInitialisation {}

  /** The keys and values of tokens drawn from the vocabulary. */
  record SampledVocabulary() implements PrefixInitialisation {}

  /**
   * The keys and values of a text's tokens, so that training begins at the model that has read the
   * text. It is repeated where it has fewer tokens than there are virtual ones, and cut where it
   * has more.
   *
   * @param ids tokens
   */
  record Text(int[] ids) implements PrefixInitialisation {
    public Text {
      if (ids.length == 0) {
        throw new LlmException(
            "invalid_adapter",
            "the text that a prefix begins with has no tokens; give one that has");
      }
    }
  }
}
