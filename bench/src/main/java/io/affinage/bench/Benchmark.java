package io.affinage.bench;

import java.util.function.Consumer;

/** One name that {@code bench/run} takes. */
interface Benchmark {
  /** Runs both sides; hands each measure over as soon as it is there. */
  void run(Setup setup, Sides sides, Consumer<Measure> measures);
}
