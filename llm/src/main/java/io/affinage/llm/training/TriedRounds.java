package io.affinage.llm.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What micro-batches took that were tried in rounds, each over the same ones. The first rounds of a
 * process are slower than what follows: memory comes page by page from the operating system, and
 * kernels are specialised to shapes. So rounds go on until one is no faster than the one before,
 * and these two count.
 */
final class TriedRounds {
  /** A round that took so much of the time of the one before is no faster. */
  private static final double SETTLED = 0.95;

  private final List<List<Pass>> rounds = new ArrayList<>();

  /**
   * One micro-batch that was tried.
   *
   * @param work as in {@link StepPlan.Load}
   * @param seconds of its forward and backward pass
   * @param closing seconds of what ends a step but for the update: norm and clearing of gradients
   */
  record Pass(double work, double seconds, double closing) {
    private double secondsPerWork() {
      return seconds / work;
    }
  }

  void add(List<Pass> round) {
    rounds.add(List.copyOf(round));
  }

  int count() {
    return rounds.size();
  }

  /** Whether another round would be no faster. */
  boolean settled() {
    int count = rounds.size();
    return count > 1
        && middle(rounds.get(count - 1), Pass::secondsPerWork)
            > SETTLED * middle(rounds.get(count - 2), Pass::secondsPerWork);
  }

  /** Seconds that forward and backward passes take of so much work. */
  double secondsOf(double work) {
    return work * middle(counted(), Pass::secondsPerWork);
  }

  /** Seconds that each step takes for norm and clearing of gradients. */
  double closing() {
    return middle(counted(), Pass::closing);
  }

  private List<Pass> counted() {
    return rounds.subList(Math.max(0, rounds.size() - 2), rounds.size()).stream()
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Mean of the middle half: other work on the machine makes some passes much slower, none faster.
   */
  private static double middle(List<Pass> passes, ToDoubleFunction<Pass> of) {
    double[] sorted = passes.stream().mapToDouble(of).sorted().toArray();
    int cut = sorted.length / 4;
    return Arrays.stream(sorted, cut, sorted.length - cut).average().orElseThrow();
  }
}
