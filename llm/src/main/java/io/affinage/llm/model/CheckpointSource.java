package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Kernels;
import java.util.Arrays;

/** The weights of a checkpoint, with shapes checked against the configuration. */
final class CheckpointSource implements WeightSource {
  private final Checkpoint checkpoint;
  private final NDManager manager;
  private final Kernels kernels;
  private final RowLoader loader;
  private final MappedBlocks blocks;

  CheckpointSource(Checkpoint checkpoint, NDManager manager, Kernels kernels) {
    this.checkpoint = checkpoint;
    this.manager = manager;
    this.kernels = kernels;
    this.loader = new RowLoader(manager, kernels);
    this.blocks = new MappedBlocks(checkpoint, manager, kernels);
  }

  @Override
  public NDArray load(String name, Shape shape, boolean transposed) {
    if (!transposed) {
      return load(entry(name, shape));
    }
    try (NDArray stored = load(entry(name, new Shape(shape.get(1), shape.get(0))))) {
      return kernels.differentiable(manager, "transposed", stored).singletonOrThrow();
    }
  }

  private NDArray load(TensorEntry entry) {
    return blocks.loads(entry) ? blocks.load(entry) : loader.load(checkpoint, entry);
  }

  @Override
  public boolean isFourBit(String name) {
    return isFourBit(checkpoint, name);
  }

  static boolean isFourBit(Checkpoint checkpoint, String name) {
    if (!checkpoint.contains(name)) {
      return false;
    }
    TensorEntry entry = checkpoint.entry(name);
    boolean stored = entry.type() == StorageType.Q4_0 || entry.type() == StorageType.Q4_1;
    // What the kernel asks of a matrix.
    return stored
        && !(entry.rowOrder() instanceof RowOrder.Transposed)
        && entry.rows() % 16 == 0
        && entry.byteLength() <= Checkpoint.MAX_SLICE;
  }

  @Override
  public NDList loadFourBit(NDManager scope, String name, Shape shape) {
    return blocks.fourBit(scope, entry(name, shape));
  }

  private TensorEntry entry(String name, Shape expected) {
    TensorEntry entry = checkpoint.entry(name);
    if (!Arrays.equals(entry.shape(), expected.getShape())) {
      throw new LlmException(
          "checkpoint_shape_mismatch",
          "%s: tensor %s is %s, but the configuration says %s"
              .formatted(entry.file(), name, Arrays.toString(entry.shape()), expected));
    }
    return entry;
  }
}
