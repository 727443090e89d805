package io.affinage.llm.model;

import static java.util.stream.Collectors.groupingBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.RowShape;
import io.affinage.llm.data.TokenizedExample;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A head that gives a text one number, a reward or a value, in place of the language model's: w h,
 * where h is the final norm's output at the text's last token, as transformers' models for sequence
 * classification with one label compute it. No bias. Holds native memory until closed.
 */
public final class ScalarHead implements AutoCloseable {
  /** PEFT's key of the weight, which it saves as a module of its own ({@code modules_to_save}). */
  public static final String KEY = "base_model.model.score.weight";

  /** As transformers initialises linear layers. */
  private static final double DEVIATION = 0.02;

  private final NDManager manager;
  private final NDArray weight;
  private final OptionalInt padding;

  private ScalarHead(Decoder decoder, float[] weight, OptionalInt padding) {
    int hidden = decoder.shape().hiddenSize();
    if (weight.length != hidden) {
      throw new IllegalArgumentException(
          "a scalar head of %d weights does not fit %d hidden numbers"
              .formatted(weight.length, hidden));
    }
    this.manager = decoder.manager().newSubManager();
    this.weight = manager.create(weight, new Shape(1, hidden));
    this.padding = padding;
  }

  /**
   * A head with these weights.
   *
   * @param weight [hidden]
   * @param padding a token that is never a text's last one where others stand before it
   */
  public static ScalarHead of(Decoder decoder, float[] weight, OptionalInt padding) {
    return new ScalarHead(decoder, weight, padding);
  }

  /**
   * A new head: numbers of the normal distribution with deviation 0.02.
   *
   * @param padding as in {@link #of}
   */
  public static ScalarHead initialise(Decoder decoder, OptionalInt padding, long seed) {
    Random random = new Random(seed);
    float[] weight = new float[decoder.shape().hiddenSize()];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) (random.nextGaussian() * DEVIATION);
    }
    return of(decoder, weight, padding);
  }

  /** A head that gives 0 everywhere, as values are before anything is known. */
  public static ScalarHead zeros(Decoder decoder) {
    return of(decoder, new float[decoder.shape().hiddenSize()], OptionalInt.empty());
  }

  /** [1, hidden] float32 */
  public NDArray weight() {
    return weight;
  }

  /** The weights now, [hidden]. */
  public float[] values() {
    return weight.toFloatArray();
  }

  /**
   * Lays texts out of which each gets its number at its end: what the row predicts there is never
   * looked at.
   *
   * @param share whether texts share the nodes of equal beginnings
   */
  public PrefixTreeRow row(List<TokenizedExample> texts, boolean share, Decoder decoder) {
    return PrefixTreeRow.ofPlaces(texts, share, decoder.config()::lengthClass, this::place);
  }

  /** The last position that is no padding; the first of a text that has nothing else. */
  private int place(int[] ids) {
    int last = ids.length - 1;
    while (padding.isPresent() && last > 0 && ids[last] == padding.getAsInt()) {
      last--;
    }
    return last;
  }

  /**
   * The numbers of a row whose blocks have been computed.
   *
   * @param tensors of a row that {@link #row} made
   * @param hidden the last block's output [nodes, hidden]
   * @return by place of the row
   */
  public float[] scores(
      NDManager scope,
      Decoder decoder,
      DecoderHandles handles,
      RowTensors tensors,
      NDArray hidden) {
    return decoder
        .kernels()
        .run(scope, "scalar_scores", hidden, tensors.at(), handles.norm(), weight)
        .singletonOrThrow()
        .toFloatArray();
  }

  /**
   * The number of each text under a decoder and an adapter, without gradients.
   *
   * @param texts at least one
   */
  public float[] scores(Decoder decoder, BlockAdapter adapter, List<TokenizedExample> texts) {
    return scores(decoder, adapter, row(behind(texts, adapter), true, decoder));
  }

  /**
   * The same in rows of fixed shapes: a text's number has the same bits whatever texts are computed
   * with it. Texts of one shape lie in rows together, and share the nodes of equal beginnings.
   *
   * @param texts in any order, of any lengths
   */
  public float[] reproducibleScores(
      Decoder decoder, BlockAdapter adapter, List<TokenizedExample> texts) {
    List<TokenizedExample> behind = behind(texts, adapter);
    // Equal beginnings side by side.
    Map<RowShape, List<Integer>> byShape =
        IntStream.range(0, behind.size())
            .boxed()
            .sorted(Comparator.comparing(i -> behind.get(i).ids(), Arrays::compare))
            .collect(groupingBy(i -> RowShape.of(behind.get(i).length())));
    float[] scores = new float[texts.size()];
    byShape.forEach(
        (shape, indices) -> {
          for (int from = 0, to; from < indices.size(); from = to) {
            to = from + 1;
            PrefixTreeRow row = row(behind, indices.subList(from, to), decoder);
            while (to < indices.size()) {
              PrefixTreeRow larger = row(behind, indices.subList(from, to + 1), decoder);
              if (!shape.holds(larger.tree())) {
                break;
              }
              row = larger;
              to++;
            }
            float[] found = scores(decoder, adapter, row.filled(shape));
            for (int i = from; i < to; i++) {
              scores[indices.get(i)] = found[i - from];
            }
          }
        });
    return scores;
  }

  private PrefixTreeRow row(List<TokenizedExample> texts, List<Integer> some, Decoder decoder) {
    return row(some.stream().map(texts::get).toList(), true, decoder);
  }

  private static List<TokenizedExample> behind(List<TokenizedExample> texts, BlockAdapter adapter) {
    return texts.stream().map(text -> text.behind(adapter.virtualTokens())).toList();
  }

  private float[] scores(Decoder decoder, BlockAdapter adapter, PrefixTreeRow row) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      DecoderHandles handles = DecoderHandles.of(decoder, adapter);
      RowTensors tensors = RowTensors.of(scope, decoder, adapter, row);
      NDArray hidden = RowBlocks.of(scope, decoder, adapter, handles, tensors).output();
      List<float[]> byText = row.byDocument(scores(scope, decoder, handles, tensors, hidden));
      float[] scores = new float[byText.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = byText.get(i)[0];
      }
      return scores;
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
