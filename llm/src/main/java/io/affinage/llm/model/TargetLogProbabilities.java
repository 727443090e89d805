package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;
import java.util.function.Supplier;

/** Log-probabilities of target tokens under a decoder and an adapter, without gradients. */
public final class TargetLogProbabilities {
  private final Decoder decoder;
  private final BlockAdapter adapter;
  private final Supplier<DecoderHandles> handles;

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public TargetLogProbabilities(Decoder decoder, BlockAdapter adapter) {
    this(decoder, adapter, () -> DecoderHandles.of(decoder, adapter));
  }

  /**
   * @param handles of the decoder and the adapter; a thread's own where several compute
   */
  public TargetLogProbabilities(Decoder decoder, BlockAdapter adapter, DecoderHandles handles) {
    this(decoder, adapter, () -> handles);
  }

  private TargetLogProbabilities(
      Decoder decoder, BlockAdapter adapter, Supplier<DecoderHandles> handles) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.handles = handles;
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
      return of(scope, decoder, own, tensors, hidden);
    }
  }

  /**
   * log p of each pair of a row whose blocks have been computed, nats.
   *
   * @param hidden the last block's output [nodes, hidden]
   */
  public static float[] of(
      NDManager scope,
      Decoder decoder,
      DecoderHandles handles,
      RowTensors tensors,
      NDArray hidden) {
    float[] values =
        decoder
            .kernels()
            .differentiable(
                scope,
                "token_losses",
                hidden,
                tensors.at(),
                tensors.target(),
                handles.norm(),
                handles.head())
            .singletonOrThrow()
            .toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = -values[i];
    }
    return values;
  }
}
