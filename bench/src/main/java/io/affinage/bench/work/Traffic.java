package io.affinage.bench.work;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.concurrent.atomic.DoubleAdder;

/** What a step of generation must read, and how fast this machine reads. */
final class Traffic {
  /** Far beyond any cache. */
  private static final int FLOATS = 1 << 27;

  private static final int REPEATS = 5;

  /** Bytes of a weight in 4 bits: half a byte, and two bfloat16 for 32 of them. */
  private static final double FOUR_BITS = 0.5 + 4.0 / 32;

  private Traffic() {}

  /** Bytes of the weights that every step multiplies by: all linear layers and the head. */
  static double bytesPerStep(LanguageModel model) {
    Decoder decoder = model.decoder();
    double bytes =
        (double) decoder.shape().vocabularySize()
            * decoder.shape().hiddenSize()
            * decoder.precision().bytes();
    DoubleAdder blocks = new DoubleAdder();
    decoder.forEachBlock((layer, block) -> blocks.add(bytesPerStep(decoder, block)));
    return bytes + blocks.sum();
  }

  private static double bytesPerStep(Decoder decoder, BlockWeights block) {
    double bytes = 0;
    for (LinearLayer layer : decoder.config().linears()) {
      bytes +=
          (double) layer.in()
              * layer.out()
              * (isFourBit(block, layer.slot()) ? FOUR_BITS : decoder.precision().bytes());
    }
    return bytes;
  }

  private static boolean isFourBit(BlockWeights block, LinearSlot slot) {
    LinearSlot stack =
        switch (slot) {
          case K, V -> LinearSlot.Q;
          case UP -> LinearSlot.GATE;
          default -> slot;
        };
    return block.arrays().get(BlockArrays.scales(slot)).size() > 0
        || block.arrays().get(BlockArrays.scales(stack)).size() > 0;
  }

  /** Bytes per second of the fastest of several sums over one large array, on all threads. */
  static double readBandwidth(LanguageModel model) {
    try (NDManager scope = model.decoder().manager().newSubManager()) {
      NDArray large = scope.ones(new Shape(FLOATS));
      long best = Long.MAX_VALUE;
      for (int i = 0; i < REPEATS; i++) {
        long start = System.nanoTime();
        try (NDArray sum = large.sum()) {
          sum.getFloat();
        }
        best = Math.min(best, System.nanoTime() - start);
      }
      return 4.0 * FLOATS / (best / 1e9);
    }
  }
}
