package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Items of a data set becoming token rows. Rows that belong together are one unit, which is kept,
 * cut or left out as a whole.
 */
final class Encoding {
  private static final int REFUSALS_KEPT = 20;

  /** What is wrong with the model, and so with every example alike. */
  private static final Set<String> OF_THE_MODEL = Set.of("eos_missing", "chat_template_missing");

  private final ExampleEncoder.Settings settings;
  private final int examples;
  private final List<List<TokenizedExample>> kept = new ArrayList<>();
  private final List<Integer> indices = new ArrayList<>(); // of the items, parallel to kept
  private final Map<Adjustment, Integer> adjustments = new EnumMap<>(Adjustment.class);
  private final Map<String, Integer> refused = new TreeMap<>();
  private final List<RefusedExample> refusals = new ArrayList<>();
  private long tokens;
  private long targets;
  private long lost;
  private int longest;
  private int dropped;
  private int truncated;

  private Encoding(ExampleEncoder.Settings settings, int examples) {
    this.settings = settings;
    this.examples = examples;
  }

  /** What an item became, or why it became nothing. */
  private record Outcome(
      List<List<TokenizedExample>> units, Set<Adjustment> adjustments, LlmException refusal) {}

  /**
   * Encodes items on all cores.
   *
   * @param id names an item
   * @param encode makes units of an item, and notes what was done to it
   * @throws LlmException as {@link ExampleEncoder#encodeAll} says
   */
  static <T> Encoding of(
      List<? extends T> items,
      Function<T, String> id,
      BiFunction<T, Set<Adjustment>, List<List<TokenizedExample>>> encode,
      ExampleEncoder.Settings settings) {
    List<Outcome> outcomes =
        IntStream.range(0, items.size())
            .parallel()
            .mapToObj(i -> outcome(items.get(i), encode))
            .toList();
    Encoding encoding = new Encoding(settings, items.size());
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome outcome = outcomes.get(i);
      if (outcome.refusal() != null) {
        // In the data set's order, whichever core was first.
        if (settings.strict() || OF_THE_MODEL.contains(outcome.refusal().code())) {
          throw outcome.refusal();
        }
        encoding.refuse(i, id.apply(items.get(i)), outcome.refusal());
        continue;
      }
      outcome.adjustments().forEach(each -> encoding.adjustments.merge(each, 1, Integer::sum));
      for (List<TokenizedExample> unit : outcome.units()) {
        encoding.add(i, unit);
      }
    }
    if (encoding.kept.isEmpty()) {
      throw encoding.nothingLeft();
    }
    return encoding;
  }

  private static <T> Outcome outcome(
      T item, BiFunction<T, Set<Adjustment>, List<List<TokenizedExample>>> encode) {
    Set<Adjustment> seen = EnumSet.noneOf(Adjustment.class);
    try {
      return new Outcome(encode.apply(item, seen), seen, null);
    } catch (LlmException e) {
      return new Outcome(List.of(), seen, e);
    }
  }

  /** What is kept, in the data set's order. */
  List<List<TokenizedExample>> units() {
    return kept;
  }

  /** Where each kept unit's item stands among the items. */
  List<Integer> indices() {
    return indices;
  }

  EncodingReport report() {
    return new EncodingReport(
        kept.size(),
        tokens,
        targets,
        longest,
        dropped,
        truncated,
        lost,
        adjustments,
        refused,
        refusals);
  }

  private void refuse(int index, String id, LlmException reason) {
    refused.merge(reason.code(), 1, Integer::sum);
    if (refusals.size() < REFUSALS_KEPT) {
      refusals.add(new RefusedExample(index, id, reason.code(), reason.getMessage()));
    }
  }

  private void add(int index, List<TokenizedExample> unit) {
    int most = settings.maxLength();
    Optional<TokenizedExample> over =
        unit.stream().filter(example -> example.length() > most).findFirst();
    List<TokenizedExample> fitting = unit;
    if (over.isPresent()) {
      LlmException reason = tooLong(over.get());
      if (settings.overlength() == OverlengthPolicy.FAIL) {
        throw reason;
      }
      fitting = settings.overlength() == OverlengthPolicy.TRUNCATE ? cut(unit) : List.of();
      if (fitting.isEmpty()) {
        dropped++;
        lost += tokens(unit);
        refuse(index, over.get().id(), reason);
        return;
      }
      truncated++;
      lost += tokens(unit) - tokens(fitting);
    }
    kept.add(fitting);
    indices.add(index);
    for (TokenizedExample example : fitting) {
      tokens += example.length();
      targets += example.targetCount();
      longest = Math.max(longest, example.length());
    }
  }

  private static int tokens(List<TokenizedExample> unit) {
    return unit.stream().mapToInt(TokenizedExample::length).sum();
  }

  private LlmException tooLong(TokenizedExample example) {
    return new LlmException(
        EncodingReport.TOO_LONG,
        "example %s has %d tokens, more than the maximum of %d: raise the maximum, or choose to drop or truncate longer examples"
            .formatted(example.id(), example.length(), settings.maxLength()));
  }

  /** Empty where a row would have no target left, or two rows would be left alike. */
  private List<TokenizedExample> cut(List<TokenizedExample> unit) {
    List<TokenizedExample> rows = new ArrayList<>();
    for (TokenizedExample example : unit) {
      TokenizedExample row = cut(example);
      if (row.targetCount() == 0
          || rows.stream().anyMatch(other -> Arrays.equals(other.ids(), row.ids()))) {
        return List.of();
      }
      rows.add(row);
    }
    return rows;
  }

  private TokenizedExample cut(TokenizedExample example) {
    int most = settings.maxLength();
    if (example.length() <= most) {
      return example;
    }
    int[] spans = example.targetSpans();
    int[] left =
        IntStream.range(0, spans.length / 2)
            .filter(i -> spans[2 * i] < most)
            .flatMap(i -> IntStream.of(spans[2 * i], Math.min(most, spans[2 * i + 1])))
            .toArray();
    return new TokenizedExample(example.id(), Arrays.copyOf(example.ids(), most), left);
  }

  private LlmException nothingLeft() {
    if (examples == 0) {
      return new LlmException("no_examples_left", "the data set has no examples");
    }
    RefusedExample first = refusals.get(0);
    if (refused.size() > 1) {
      return new LlmException(
          "no_examples_left",
          "none of %d examples can be learned from (%s); the first: %s"
              .formatted(examples, refused, first.message()));
    }
    return first.code().equals(EncodingReport.TOO_LONG)
        ? new LlmException(
            "no_examples_left",
            "all %d examples are longer than the maximum of %d tokens: raise it"
                .formatted(examples, settings.maxLength()))
        : new LlmException(
            first.code(),
            "none of %d examples can be learned from; the first: %s"
                .formatted(examples, first.message()));
  }
}
