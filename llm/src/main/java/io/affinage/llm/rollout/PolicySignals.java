package io.affinage.llm.rollout;

import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.TargetLogProbabilities;
import io.affinage.llm.model.TargetValues;
import io.affinage.llm.objective.Signal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Log-probabilities of answers under the reference, and values: passes over the texts through one
 * base, with the one adapter and with the other.
 */
public final class PolicySignals implements TokenSignals {
  /** Tokens of a pass, a bound on what attention and head hold at once. */
  private static final int TOKENS_AT_ONCE = 2048;

  private final Decoder decoder;
  private final Optional<BlockAdapter> reference;
  private final BlockAdapter valueAdapter;
  private final Optional<ScalarHead> values;
  private final double temperature;

  /**
   * @param valueAdapter the adapter that values are read with, the policy's where they have none of
   *     their own
   * @param reference the adapter of the stage's starting model; empty where nothing compares
   * @param values the head of values; empty where there is none
   * @param temperature at which answers are sampled
   */
  public PolicySignals(
      Decoder decoder,
      BlockAdapter valueAdapter,
      Optional<BlockAdapter> reference,
      Optional<ScalarHead> values,
      double temperature) {
    this.decoder = decoder;
    this.valueAdapter = valueAdapter;
    this.reference = reference;
    this.values = values;
    this.temperature = temperature;
  }

  @Override
  public Set<Signal> names() {
    Set<Signal> names = EnumSet.noneOf(Signal.class);
    reference.ifPresent(each -> names.add(Signal.REFERENCE_LOGP));
    values.ifPresent(each -> names.add(Signal.OLD_VALUE));
    return names;
  }

  @Override
  public List<Map<Signal, float[]>> of(List<TokenizedExample> texts, Runnable between) {
    List<Map<Signal, float[]>> found = new ArrayList<>();
    texts.forEach(text -> found.add(new EnumMap<>(Signal.class)));
    reference.ifPresent(
        adapter -> {
          TargetLogProbabilities model =
              new TargetLogProbabilities(decoder, adapter, new Reading(temperature, false));
          add(Signal.REFERENCE_LOGP, adapter, texts, found, after(between, model::of));
        });
    values.ifPresent(
        head -> {
          TargetValues model = new TargetValues(decoder, valueAdapter, head);
          add(Signal.OLD_VALUE, valueAdapter, texts, found, after(between, model::of));
        });
    return found;
  }

  private static Function<PrefixTreeRow, float[]> after(
      Runnable between, Function<PrefixTreeRow, float[]> pass) {
    return row -> {
      between.run();
      return pass.apply(row);
    };
  }

  private void add(
      Signal signal,
      BlockAdapter adapter,
      List<TokenizedExample> texts,
      List<Map<Signal, float[]>> found,
      Function<PrefixTreeRow, float[]> byPair) {
    int from = 0;
    while (from < texts.size()) {
      int to = from;
      int tokens = 0;
      while (to < texts.size()
          && (to == from || tokens + texts.get(to).length() <= TOKENS_AT_ONCE)) {
        tokens += texts.get(to++).length();
      }
      PrefixTreeRow row =
          PrefixTreeRow.of(
              texts.subList(from, to).stream()
                  .map(text -> text.behind(adapter.virtualTokens()))
                  .toList(),
              true,
              decoder.config()::lengthClass);
      List<float[]> byText = row.byDocument(byPair.apply(row));
      for (int i = from; i < to; i++) {
        found.get(i).put(signal, byText.get(i - from));
      }
      from = to;
    }
  }
}
