package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;

/**
 * Values of states under a decoder, an adapter and a head of values, without gradients: of each
 * target token what the head gives at the token before it, where the target is chosen.
 */
public final class TargetValues {
  private final Decoder decoder;
  private final BlockAdapter adapter;
  private final ScalarHead head;

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public TargetValues(Decoder decoder, BlockAdapter adapter, ScalarHead head) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.head = head;
  }

  /**
   * The value at each pair of a row, in its order.
   *
   * @param row behind the adapter's virtual tokens, where it has some
   */
  public float[] of(PrefixTreeRow row) {
    if (row.targetTokens().length == 0) {
      return new float[0];
    }
    try (NDManager scope = decoder.manager().newSubManager()) {
      DecoderHandles handles = DecoderHandles.of(decoder, adapter);
      RowTensors tensors = RowTensors.of(scope, decoder, adapter, row);
      NDArray hidden = RowBlocks.of(scope, decoder, adapter, handles, tensors).output();
      return head.scores(scope, decoder, handles, tensors, hidden);
    }
  }
}
