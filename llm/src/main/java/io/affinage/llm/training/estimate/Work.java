package io.affinage.llm.training.estimate;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;

/**
 * What a micro-batch is of work.
 *
 * @param flops of its matrix products and its attention
 * @param dequantized weights that are brought from NF4 to the precision of the model
 * @param bytesRead of the file that blocks are streamed from
 */
public record Work(double flops, double dequantized, double bytesRead) {

  /** Of a regime: a multiplication with its addition counts as two. */
  static Work of(DecoderConfig config, Regime regime, Workload workload, WeightMemory weights) {
    DecoderShape shape = config.shape();
    double tokens = workload.tokens();
    double blocks = (double) WeightMemory.matrices(config) * shape.layers();
    double head = (double) shape.vocabularySize() * shape.hiddenSize();
    double attention = 2.0 * shape.heads() * shape.headDim() * workload.length() * shape.layers();
    if (!regime.trains()) {
      return new Work(2 * tokens * (blocks + head + attention), 0, 0);
    }
    boolean again = workload.recompute();
    // Up through the blocks and down again; the last one is used for both at once.
    double passes = 2 - 1.0 / shape.layers();
    // Forward; back to what a layer read; and to its weight where that is trained.
    double ofBlocks = 2 + (again ? 1 : 0) + (regime.trainsAdapter() ? 0 : 1);
    double ofHead = 2 + (regime.trainsAdapter() ? 0 : 1);
    double ofAttention = 3 + (again ? 1 : 0);
    return new Work(
        2 * tokens * (ofBlocks * blocks + ofHead * head + ofAttention * attention),
        regime.form().nf4() ? passes * blocks : 0,
        passes * weights.onDisk());
  }
}
