package io.affinage.llm.export;

import io.affinage.llm.checkpoint.Checkpoint;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The weights of a model's files as they are: exact, whatever precision a live copy of them
 * computes in, and without that copy.
 */
final class CheckpointWeights implements Weights {
  private final Checkpoint checkpoint;

  CheckpointWeights(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  @Override
  public List<Weight> list() {
    return checkpoint.names().stream()
        .map(name -> new Weight(name, checkpoint.entry(name).shape()))
        .toList();
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    checkpoint.readRows(
        checkpoint.entry(weight.name()), firstRow, rows, FloatBuffer.wrap(destination));
  }
}
