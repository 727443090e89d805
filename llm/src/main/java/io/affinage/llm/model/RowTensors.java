package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTree;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LayerForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One row of examples on the device, as block and head kernels take it.
 *
 * @param tokens [nodes] int64
 * @param depths position of each node [nodes] int64
 * @param embedded [nodes, hidden]: what the first block takes
 * @param layers what each layer takes
 * @param gather [documents * (heads + 2 kvHeads) * longest] int64: which head of which node
 *     attention reads: queries of all documents, then keys, then values
 * @param outputs [nodes * heads] int64: which of attention's outputs a node takes
 * @param at [targets] int64: the node that predicts
 * @param target [targets] int64
 * @param weight [targets] float32: how many examples share the prediction
 */
public record RowTensors(
    NDArray tokens,
    NDArray depths,
    NDArray embedded,
    List<Layer> layers,
    NDArray gather,
    NDArray outputs,
    NDArray at,
    NDArray target,
    NDArray weight) {

  /**
   * What differs by layer; layers that are alike share arrays.
   *
   * @param cos [nodes, 1, rotated]; empty in a layer without rotary embedding
   * @param sin [nodes, 1, rotated]; empty in a layer without rotary embedding
   * @param mask [longest, longest]: 0 where a position sees another, -inf elsewhere
   */
  public record Layer(NDArray cos, NDArray sin, NDArray mask) {}

  /**
   * Puts a row on the decoder's device.
   *
   * @param adapter has the row's virtual tokens, where there are some
   * @throws LlmException {@code context_exceeded} where a text has more tokens than learned
   *     positions; {@code token_beyond_vocabulary}
   */
  public static RowTensors of(
      NDManager scope, Decoder decoder, BlockAdapter adapter, PrefixTreeRow row) {
    PrefixTree tree = row.tree();
    requirePositions(decoder, Arrays.stream(tree.lengths()).max().orElseThrow());
    decoder.requireTokens(tree.tokens(), adapter.virtualTokens());
    decoder.requireTokens(row.targetTokens());
    NDArray tokens = Decoder.indices(scope, tree.tokens());
    NDArray depths = Decoder.indices(scope, tree.depths());
    NDArray embedded =
        decoder
            .kernels()
            .differentiable(
                scope,
                "embed",
                tokens,
                depths,
                decoder.embedding(),
                decoder.positions(),
                decoder.promptOf(adapter))
            .singletonOrThrow();
    int longest = tree.longest();
    NDList places =
        decoder
            .kernels()
            .differentiable(
                scope,
                "tree_places",
                Decoder.indices(scope, tree.paths()).reshape(new Shape(tree.documents(), longest)),
                Decoder.indices(scope, tree.owners()));
    return new RowTensors(
        tokens,
        depths,
        embedded,
        layers(scope, decoder, tree, depths, embedded),
        places.get(0),
        places.get(1),
        Decoder.indices(scope, row.targetNodes()),
        Decoder.indices(scope, row.targetTokens()),
        scope.create(floats(row.targetWeights())));
  }

  private static void requirePositions(Decoder decoder, int longest) {
    int positions = decoder.shape().maxPositions();
    if (decoder.config().names().positions().isPresent() && longest > positions) {
      throw new LlmException(
          "context_exceeded",
          "a text has %d tokens, but the model has learned %d positions: shorten or split it"
              .formatted(longest, positions));
    }
  }

  /** By node, the tokens of its text; where texts share a node, all have the same frequencies. */
  private static int[] textLengths(Decoder decoder, PrefixTree tree) {
    int[] lengths = tree.textLengths();
    DecoderConfig config = decoder.config();
    for (int document = 0; document < tree.documents(); document++) {
      int own = tree.lengths()[document];
      int shared = lengths[tree.node(document, 0)];
      if (config.lengthClass(own) != config.lengthClass(shared)) {
        throw new IllegalStateException(
            "texts of %d and %d tokens share keys that their lengths rotate differently"
                .formatted(own, shared));
      }
    }
    return lengths;
  }

  private static List<Layer> layers(
      NDManager scope, Decoder decoder, PrefixTree tree, NDArray depths, NDArray embedded) {
    int longest = tree.longest();
    List<NDList> rotations =
        RotaryTensors.of(scope, decoder, textLengths(decoder, tree))
            .at(scope, decoder, depths, embedded);
    NDArray still = scope.create(new float[0], new Shape(1, 0));
    NDArray all = mask(scope, decoder, longest, longest);
    int window = decoder.config().attention().window();
    NDArray near = window > 0 && window < longest ? mask(scope, decoder, longest, window) : all;
    List<Layer> layers = new ArrayList<>();
    for (LayerForm form : decoder.config().layers()) {
      boolean rotated = form.rotary() >= 0;
      layers.add(
          new Layer(
              rotated ? rotations.get(form.rotary()).get(0) : still,
              rotated ? rotations.get(form.rotary()).get(1) : still,
              form.windowed() ? near : all));
    }
    return layers;
  }

  private static float[] floats(int[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  /** Position {@code row} sees {@code column} where it is not later and inside the window. */
  private static NDArray mask(NDManager scope, Decoder decoder, int size, int window) {
    float[] values = new float[size * size];
    Arrays.fill(values, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < size; row++) {
      Arrays.fill(values, row * size + Math.max(0, row + 1 - window), row * size + row + 1, 0f);
    }
    return decoder.toPrecision(scope, scope.create(values, new Shape(size, size)));
  }
}
