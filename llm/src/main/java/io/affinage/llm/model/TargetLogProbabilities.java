package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;
import java.util.function.Supplier;

/** Log-probabilities of target tokens under a decoder and an adapter, without gradients. */
public final class TargetLogProbabilities {
  private final Decoder decoder;
  private final BlockAdapter adapter;
  private final Supplier<DecoderHandles> handles;
  private final Reading reading;

  /**
   * What was read.
   *
   * @param logp by pair, nats
   * @param entropies by pair, nats; empty where they were not asked for
   */
  public record Read(float[] logp, float[] entropies) {}

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public TargetLogProbabilities(Decoder decoder, BlockAdapter adapter) {
    this(decoder, adapter, Reading.PLAIN);
  }

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public TargetLogProbabilities(Decoder decoder, BlockAdapter adapter, Reading reading) {
    this(decoder, adapter, () -> DecoderHandles.of(decoder, adapter), reading);
  }

  /**
   * @param handles of the decoder and the adapter; a thread's own where several compute
   */
  public TargetLogProbabilities(
      Decoder decoder, BlockAdapter adapter, DecoderHandles handles, Reading reading) {
    this(decoder, adapter, () -> handles, reading);
  }

  private TargetLogProbabilities(
      Decoder decoder, BlockAdapter adapter, Supplier<DecoderHandles> handles, Reading reading) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.handles = handles;
    this.reading = reading;
  }

  /**
   * log p of each pair of a row, in its order, nats.
   *
   * @param row behind the adapter's virtual tokens, where it has some
   */
  public float[] of(PrefixTreeRow row) {
    if (row.targetTokens().length == 0) {
      return new float[0];
    }
    try (NDManager scope = decoder.manager().newSubManager()) {
      DecoderHandles own = handles.get(); // an adapter's arrays may be others after training
      RowTensors tensors = RowTensors.of(scope, decoder, adapter, row);
      NDArray hidden = RowBlocks.of(scope, decoder, adapter, own, tensors).output();
      return of(scope, decoder, own, tensors, hidden, reading).logp();
    }
  }

  /**
   * log p of each pair of a row whose blocks have been computed, nats, and entropies.
   *
   * @param hidden the last block's output [nodes, hidden]
   */
  public static Read of(
      NDManager scope,
      Decoder decoder,
      DecoderHandles handles,
      RowTensors tensors,
      NDArray hidden,
      Reading reading) {
    NDList found =
        decoder
            .kernels()
            .differentiable(
                scope,
                "token_losses",
                hidden,
                tensors.at(),
                tensors.target(),
                reading.asVector(scope, decoder),
                handles.norm(),
                handles.head());
    float[] values = found.get(0).toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = -values[i];
    }
    return new Read(values, found.get(1).toFloatArray());
  }
}
