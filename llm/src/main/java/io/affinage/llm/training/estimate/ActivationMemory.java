package io.affinage.llm.training.estimate;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import java.util.List;
import java.util.Set;

/**
 * Bytes of what a micro-batch leaves for its way back, and of what its largest operations take, as
 * the written-out pass of a block keeps it ({@code training_block.pyt}).
 *
 * @param kept of all blocks until the way back: their inputs, and all that the way back takes
 *     unless that is computed again
 * @param block the way back of one block
 * @param head logits and what is made of them, of a chunk of targets for each of two threads
 */
public record ActivationMemory(long kept, long block, long head) {
  /** Targets whose logits exist at a time. */
  private static final int CHUNK = 256;

  /** Bytes of a logit while a loss is made of it, beside its own two or four. */
  private static final int LOSS = 8;

  /** Tokens from which on a micro-batch of an adapter is computed as two halves. */
  private static final int HALVED = 384;

  /** The largest softmax that is kept, in multiples of what queries, keys and values take. */
  private static final int SOFTMAX = 3;

  /** All together. */
  public long bytes() {
    return kept + block + head;
  }

  /**
   * Of a training.
   *
   * @param adapted the linear layers with an adapter
   * @param halves whether large micro-batches are computed as two halves at once
   */
  public static ActivationMemory ofTraining(
      DecoderConfig config, Workload workload, List<LinearLayer> adapted, boolean halves) {
    DecoderShape shape = config.shape();
    long bytes = workload.precision().bytes();
    long nodes = workload.tokens();
    long hidden = shape.hiddenSize();
    long heads = (long) shape.heads() * shape.headDim();
    long queries = outputs(config, Set.of(LinearSlot.Q, LinearSlot.K, LinearSlot.V));
    long feedForward = outputs(config, Set.of(LinearSlot.GATE, LinearSlot.UP));
    long softmax = (long) shape.heads() * workload.length();
    long keptSoftmax = softmax <= SOFTMAX * queries ? softmax : 0;
    long norms = config.outputNorms() ? 2 * hidden : 0;
    long lowRank = (long) adapted.size() * workload.rank();
    long saved =
        bytes
            * nodes
            * (3 * hidden + queries + heads + feedForward + lowRank + norms + keptSoftmax);
    long inputs = bytes * nodes * hidden;
    long layers = shape.layers();
    // Gradients of what was saved, and attention's scores with theirs.
    long working =
        bytes * nodes * (4 * hidden + 2 * queries + 2 * feedForward + 3 * softmax + lowRank);
    boolean both = halves && nodes >= HALVED;
    long targets = Math.min(CHUNK, nodes) * (both ? 2L : 1L);
    long logits = targets * shape.vocabularySize() * (bytes + LOSS);
    return new ActivationMemory(
        layers * (inputs + (workload.recompute() ? 0 : saved)),
        working + (workload.recompute() ? saved : 0),
        logits);
  }

  /** Of generation: keys and values of every token, and the logits of the last ones. */
  static ActivationMemory ofGeneration(DecoderConfig config, Workload workload) {
    DecoderShape shape = config.shape();
    long bytes = workload.precision().bytes();
    long keysAndValues = 2L * shape.kvHeads() * shape.headDim() * shape.layers();
    long widest = 4L * shape.hiddenSize() + 2L * shape.intermediateSize();
    return new ActivationMemory(
        bytes * workload.tokens() * keysAndValues,
        bytes * workload.tokens() * widest,
        (bytes + LOSS) * workload.batch() * shape.vocabularySize());
  }

  private static long outputs(DecoderConfig config, Set<LinearSlot> slots) {
    return config.linears().stream()
        .filter(layer -> slots.contains(layer.slot()))
        .mapToLong(LinearLayer::out)
        .sum();
  }
}
