package io.affinage.llm.training.estimate;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of what is trained.
 *
 * @param elements numbers that are trained
 * @param adapter arrays that are no weights of the model, as kernels read them
 * @param masters float32 numbers beside what kernels read
 * @param gradients of a step
 * @param optimizerState beside what is trained
 * @param average moving average of the weights
 */
public record TrainedMemory(
    long elements, long adapter, long masters, long gradients, long optimizerState, long average) {
  /** Of nothing. */
  static final TrainedMemory NOTHING = new TrainedMemory(0, 0, 0, 0, 0, 0);

  /** All together. */
  public long bytes() {
    return adapter + masters + gradients + optimizerState + average;
  }

  /** The same with the optimizer's state in a file. */
  TrainedMemory paged() {
    return new TrainedMemory(elements, adapter, masters, gradients, 0, average);
  }

  /**
   * Of some arrays.
   *
   * @param precision in which kernels read them
   * @param gradientBytes of an element of a gradient
   * @param averaged whether a moving average is kept
   */
  public static TrainedMemory of(
      List<TrainedArray> arrays,
      Precision precision,
      int gradientBytes,
      OptimizerRule rule,
      boolean averaged) {
    long elements = 0;
    long adapter = 0;
    long masters = 0;
    long state = 0;
    for (TrainedArray array : arrays) {
      long size = array.shape().size();
      elements += size;
      adapter += array.ofModel() ? 0 : precision.bytes() * size;
      masters += array.bytesBesideWeight();
      state += rule.stateBytes(array.shape());
    }
    return new TrainedMemory(
        elements, adapter, masters, gradientBytes * elements, state, averaged ? 4 * elements : 0);
  }

  /** Every weight of a decoder. */
  static List<TrainedArray> weights(DecoderConfig config, Precision precision) {
    List<TrainedArray> arrays = new ArrayList<>();
    long hidden = config.shape().hiddenSize();
    Shape vocabulary = new Shape(config.shape().vocabularySize(), hidden);
    add(arrays, vocabulary, precision);
    if (config.names().positions().isPresent()) {
      add(arrays, new Shape(config.shape().maxPositions(), hidden), precision);
    }
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      for (BlockWeight weight : config.blockWeights()) {
        add(
            arrays,
            weight.columns() == 0
                ? new Shape(weight.rows())
                : new Shape(weight.rows(), weight.columns()),
            precision);
      }
    }
    for (int norm = 0; norm < (config.normalization().hasBias() ? 2 : 1); norm++) {
      add(arrays, new Shape(hidden), precision);
    }
    if (!config.shape().tiedHead()) {
      add(arrays, vocabulary, precision);
    }
    return arrays;
  }

  private static void add(List<TrainedArray> arrays, Shape shape, Precision precision) {
    arrays.add(TrainedArray.of(shape, true, precision));
  }

  /** The two matrices of a low-rank adapter on each of some linear layers, in every block. */
  static List<TrainedArray> lowRank(
      DecoderConfig config, List<LinearLayer> targets, int rank, Precision precision) {
    List<TrainedArray> arrays = new ArrayList<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      for (LinearLayer target : targets) {
        arrays.add(TrainedArray.of(new Shape(rank, target.in()), false, precision));
        arrays.add(TrainedArray.of(new Shape(target.out(), rank), false, precision));
      }
    }
    return arrays;
  }
}
