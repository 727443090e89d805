package io.affinage.llm.training;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Remembers what a run tells, and stops it after a step when asked. */
final class Recorder implements TrainingListener {
  final List<TrainingProgress> steps = new ArrayList<>();
  final List<Double> heldOut = new ArrayList<>();
  final List<Path> checkpoints = new ArrayList<>();
  private final int stopAfter;
  private final Runnable afterStep;

  private Recorder(int stopAfter, Runnable afterStep) {
    this.stopAfter = stopAfter;
    this.afterStep = afterStep;
  }

  static Recorder toTheEnd() {
    return new Recorder(Integer.MAX_VALUE, () -> {});
  }

  static Recorder stoppingAfter(int step) {
    return new Recorder(step, () -> {});
  }

  static Recorder calling(Runnable afterStep) {
    return new Recorder(Integer.MAX_VALUE, afterStep);
  }

  @Override
  public void onStep(TrainingProgress progress) {
    steps.add(progress);
    afterStep.run();
  }

  @Override
  public void onEvaluation(int step, double heldOutLoss, boolean best) {
    heldOut.add(heldOutLoss);
  }

  @Override
  public void onCheckpoint(int step, Path folder, double loss) {
    checkpoints.add(folder);
  }

  @Override
  public boolean shouldStop() {
    return !steps.isEmpty() && steps.get(steps.size() - 1).step() >= stopAfter;
  }
}
