package io.affinage.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one regime's results come to.
 *
 * @param data the name of the data
 * @param ours losses of the regimes it is compared with, those that there are
 * @param peer the same of the peer
 */
record QualityReport(
    String regime, String data, Map<String, HeldOutLosses> ours, Map<String, HeldOutLosses> peer) {
  /** The regime that quantized ones lose against. */
  static final String UNQUANTIZED = "lora";

  /** The regime whose loss other beginnings win back. */
  static final String QUANTIZED = "nf4-double";

  /**
   * @param other the peer's; empty for a regime that it is not asked for
   */
  List<Measure> of(RunResults own, Optional<RunResults> other) {
    Optional<HeldOutLosses> mine = HeldOutLosses.of(own);
    Optional<HeldOutLosses> theirs = other.flatMap(HeldOutLosses::of);
    List<Measure> measures = new ArrayList<>();
    measures.add(
        measure(
            "held_out_loss",
            mine.map(HeldOutLosses::mean),
            theirs.map(HeldOutLosses::mean),
            SftBenchmark.WITHIN,
            "nats",
            RunResults.note(
                data,
                own.fault(),
                other.map(RunResults::fault).orElse(null),
                apart(mine, theirs),
                told("before training", "heldOutBefore", own, other),
                told("seconds of training", "seconds", own, other),
                told("seconds of parting the base", "partSeconds", own, Optional.empty()))));
    if (!regime.equals(UNQUANTIZED)) {
      measures.add(
          measure(
              "over_lora",
              over(mine, ours.get(UNQUANTIZED)),
              over(theirs, peer.get(UNQUANTIZED)),
              1,
              "nats, paired",
              ours.containsKey(UNQUANTIZED) ? data : data + "; lora has not been run"));
    }
    if (!List.of(UNQUANTIZED, "nf4", QUANTIZED).contains(regime)) {
      measures.add(wonBack(mine));
    }
    return measures;
  }

  private Measure wonBack(Optional<HeldOutLosses> mine) {
    HeldOutLosses worse = ours.get(QUANTIZED);
    HeldOutLosses better = ours.get(UNQUANTIZED);
    if (worse == null || better == null) {
      return measure(
          "won_back",
          Optional.empty(),
          Optional.empty(),
          1,
          "share",
          data + "; needs the regimes lora and nf4-double");
    }
    Optional<HeldOutLosses.Estimate> share = mine.flatMap(each -> each.wonBack(worse, better));
    return measure(
        "won_back",
        share,
        Optional.empty(),
        1,
        "share",
        RunResults.note(
            data,
            mine.map(each -> "less than nf4-double by " + worse.over(each).text()).orElse(null),
            share.isPresent() ? null : "nf4-double and lora cannot be told apart"));
  }

  private static Optional<HeldOutLosses.Estimate> over(
      Optional<HeldOutLosses> some, HeldOutLosses other) {
    return other == null ? Optional.empty() : some.map(each -> each.over(other));
  }

  private static String apart(Optional<HeldOutLosses> mine, Optional<HeldOutLosses> theirs) {
    return mine.isEmpty() || theirs.isEmpty()
        ? null
        : "ours above the peer's by " + mine.get().over(theirs.get()).text();
  }

  private static String told(
      String what, String field, RunResults own, Optional<RunResults> other) {
    Double mine = own.median(field);
    Double theirs = other.map(each -> each.median(field)).orElse(null);
    if (mine == null && theirs == null) {
      return null;
    }
    return theirs == null
        ? "%s: %.4g".formatted(what, mine)
        : "%s: ours %.4g, peer %.4g".formatted(what, mine, theirs);
  }

  private Measure measure(
      String name,
      Optional<HeldOutLosses.Estimate> mine,
      Optional<HeldOutLosses.Estimate> theirs,
      double goal,
      String unit,
      String note) {
    return new Measure(
        "quality.%s.%s".formatted(regime, name),
        mine.map(HeldOutLosses.Estimate::value).orElse(null),
        theirs.map(HeldOutLosses.Estimate::value).orElse(null),
        goal,
        unit,
        name.equals("won_back") ? Measure.Better.HIGHER : Measure.Better.LOWER,
        RunResults.note(
            mine.map(each -> "ours " + each.text()).orElse(null),
            theirs.map(each -> "peer " + each.text()).orElse(null),
            note));
  }
}
