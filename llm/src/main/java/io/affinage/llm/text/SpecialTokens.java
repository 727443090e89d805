package io.affinage.llm.text;

import io.affinage.llm.error.LlmException;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The token ids with a role of their own.
 *
 * @param bos begins a text, where the model has such a token
 * @param eos ends a text: what training appends
 * @param stops every id that ends a generation, {@code eos} included (a model may have several)
 * @param pad fills rows of unequal length
 * @param unk stands for what the vocabulary lacks
 */
public record SpecialTokens(
    OptionalInt bos, OptionalInt eos, Set<Integer> stops, OptionalInt pad, OptionalInt unk) {

  public SpecialTokens {
    LinkedHashSet<Integer> all = new LinkedHashSet<>();
    eos.ifPresent(all::add);
    all.addAll(stops);
    stops = Collections.unmodifiableSet(all);
  }

  /** No special tokens at all. */
  public static SpecialTokens none() {
    return new SpecialTokens(
        OptionalInt.empty(),
        OptionalInt.empty(),
        Set.of(),
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  /**
   * The id that training appends at the end of a text.
   *
   * @throws LlmException {@code eos_missing}
   */
  public int requireEos() {
    return eos.orElseThrow(
        () ->
            new LlmException(
                "eos_missing",
                "the tokenizer names no end-of-text token: set eos_token in tokenizer_config.json"));
  }
}
