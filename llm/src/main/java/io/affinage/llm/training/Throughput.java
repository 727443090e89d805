package io.affinage.llm.training;

import java.util.ArrayDeque;
import java.util.Deque;

/** Tokens a second and time left, by the last steps of this process. */
final class Throughput {
  private static final int WINDOW = 20;

  private final Deque<Long> times = new ArrayDeque<>();
  private final Deque<Long> tokens = new ArrayDeque<>();

  /** Notes that so many tokens of the run are done now. */
  void mark(long tokensSeen) {
    times.addLast(System.nanoTime());
    tokens.addLast(tokensSeen);
    if (times.size() > WINDOW) {
      times.removeFirst();
      tokens.removeFirst();
    }
  }

  private double seconds() {
    return (times.getLast() - times.getFirst()) / 1e9;
  }

  double tokensPerSecond() {
    return (tokens.getLast() - tokens.getFirst()) / seconds();
  }

  double secondsPerStep() {
    return seconds() / (times.size() - 1);
  }
}
