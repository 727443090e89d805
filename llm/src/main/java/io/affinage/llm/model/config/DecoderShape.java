package io.affinage.llm.model.config;

/**
 * The sizes of a decoder.
 *
 * @param vocabularySize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the feed-forward layer
 * @param layers decoder blocks
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headDim width of one head
 * @param maxPositions longest context the model was made for, in tokens
 * @param tiedHead whether the output head is the embedding
 */
public record DecoderShape(
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int maxPositions,
    boolean tiedHead) {

  public DecoderShape {
    require(vocabularySize > 0, "vocab_size", vocabularySize);
    require(hiddenSize > 0, "hidden_size", hiddenSize);
    require(intermediateSize > 0, "intermediate_size", intermediateSize);
    require(layers > 0, "num_hidden_layers", layers);
    require(heads > 0, "num_attention_heads", heads);
    require(kvHeads > 0 && heads % kvHeads == 0, "num_key_value_heads", kvHeads);
    require(headDim > 0 && headDim % 2 == 0, "head_dim", headDim);
    require(maxPositions > 0, "max_position_embeddings", maxPositions);
  }

  /** The same with another context. */
  DecoderShape withMaxPositions(int positions) {
    return new DecoderShape(
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        kvHeads,
        headDim,
        positions,
        tiedHead);
  }

  private static void require(boolean holds, String field, Object value) {
    if (!holds) {
      throw new IllegalArgumentException("the model configuration's " + field + " is " + value);
    }
  }
}
