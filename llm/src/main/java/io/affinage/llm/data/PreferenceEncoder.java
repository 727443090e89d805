package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns preference pairs into groups of two token rows. Each side is tokenized as a whole, as an
 * {@link ExampleEncoder} does it, so that it is the rendered text token for token. Where the
 * answers begin is found after looking at both: at the first token of either answer, and no later
 * than where the two sides part. So what the generation prompt opens, and only one side goes on
 * with, belongs to the answers, and what is compared follows the same tokens.
 */
public final class PreferenceEncoder {
  private final ExampleEncoder examples;
  private final ExampleEncoder.Settings settings;

  /**
   * @param template needed for conversations only
   * @param settings a pair is one example: where one of its sides is too long, both are left out,
   *     or each is cut
   */
  public PreferenceEncoder(
      Tokenizer tokenizer, Optional<ChatTemplate> template, ExampleEncoder.Settings settings) {
    this.settings = settings;
    this.examples =
        new ExampleEncoder(
            tokenizer,
            template,
            new ExampleEncoder.Settings(
                settings.maxLength(), settings.overlength(), AnswerTargets.ALL, settings.strict()));
  }

  /**
   * Encodes a data set, on all cores. Pairs that cannot be learned from are left out, counted and
   * named, unless the settings are strict.
   *
   * @throws LlmException as {@link ExampleEncoder#encodeAll}, and where the settings are strict as
   *     {@link #encode}
   */
  public EncodedPairs encodeAll(List<PreferencePair> pairs) {
    Encoding encoding =
        Encoding.of(
            pairs,
            PreferencePair::id,
            (pair, seen) -> List.of(encode(pair, seen).members()),
            settings);
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < encoding.units().size(); i++) {
      groups.add(new Group(encoding.units().get(i), pairs.get(encoding.indices().get(i)).margin()));
    }
    return new EncodedPairs(groups, encoding.report());
  }

  /**
   * Encodes a pair, however long it is.
   *
   * @throws LlmException {@code answers_alike} where both answers are the same tokens; what {@link
   *     ExampleEncoder#encode} throws
   */
  public Group encode(PreferencePair pair) {
    return encode(pair, EnumSet.noneOf(Adjustment.class));
  }

  private Group encode(PreferencePair pair, Set<Adjustment> seen) {
    TokenizedExample chosen = single(pair, pair.chosen(), seen);
    TokenizedExample rejected = single(pair, pair.rejected(), seen);
    int common = Arrays.mismatch(chosen.ids(), rejected.ids());
    if (common < 0) {
      throw new LlmException(
          "answers_alike",
          "pair %s: the chosen and the rejected answer are the same tokens, so there is nothing to prefer"
              .formatted(pair.id()));
    }
    int first = chosen.targetSpans()[0];
    int second = rejected.targetSpans()[0];
    int start = Math.max(1, Math.min(common, Math.min(first, second)));
    if (start < Math.max(first, second)) {
      seen.add(Adjustment.BOUNDARY_MOVED);
    }
    Group group = Group.pair(from(start, chosen), from(start, rejected));
    return pair.margin().isPresent() ? group.withMargin(pair.margin().getAsDouble()) : group;
  }

  private TokenizedExample single(PreferencePair pair, Example side, Set<Adjustment> seen) {
    List<TokenizedExample> rows = examples.rows(side, seen);
    if (rows.size() > 1) {
      throw new LlmException(
          "several_rows",
          "pair %s: the chat template writes earlier turns differently later on, so the answers of one side cannot be one row: leave one answer a side"
              .formatted(pair.id()));
    }
    return rows.get(0);
  }

  private static TokenizedExample from(int start, TokenizedExample example) {
    int[] spans = example.targetSpans().clone();
    spans[0] = start;
    return new TokenizedExample(example.id(), example.ids(), spans);
  }
}
