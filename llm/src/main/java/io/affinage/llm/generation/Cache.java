package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RotaryTensors;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Keys and values of all layers, [batch, kvHeads, slots, headDim] each. They grow a little at a
 * time: products over whole arrays need no copy of them, and a mask hides the slots that are yet to
 * be filled. Prompts end at the same slot: shorter ones are padded on the left, and the mask hides
 * that as well.
 */
final class Cache {
  /** Slots are a multiple of this: a product's kernel is made for its shape. */
  private static final int STEP = 32;

  /** The share of its slots that a cache grows by, so that growing costs little however long. */
  private static final int GROWTH = 16;

  /** Tokens that the kernel computes beyond those chosen, where it drafts some. */
  private static final int DRAFTED_TOKENS = 3;

  private final NDManager scope;
  private final Kernels kernels;
  private final List<int[]> prompts;
  private final int longest;
  private final int most;
  private int slots;
  private final NDArray mask;
  private final NDArray text;
  private final RotaryTensors stepRotary;
  private final List<NDArray> keys = new ArrayList<>();
  private final List<NDArray> values = new ArrayList<>();

  Cache(NDManager scope, Decoder decoder, List<int[]> prompts, int newTokens) {
    this.scope = scope;
    this.kernels = decoder.kernels();
    this.prompts = prompts;
    this.longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    this.slots = rounded(longest);
    this.most = rounded(longest + newTokens + DRAFTED_TOKENS);
    DecoderShape shape = decoder.shape();
    stepRotary =
        RotaryTensors.of(scope, decoder, IntStream.rangeClosed(1, longest + newTokens).toArray());
    text =
        Decoder.indices(
            scope,
            prompts.size() == 1 ? draftable(prompts.get(0), most + DRAFTED_TOKENS) : new int[0]);
    Shape layer = new Shape(prompts.size(), shape.kvHeads(), slots, shape.headDim());
    try (NDManager step = scope.newSubManager()) {
      NDArray zeros = step.zeros(layer);
      for (int i = 0; i < shape.layers(); i++) {
        keys.add(decoder.toPrecision(scope, zeros));
        values.add(decoder.toPrecision(scope, zeros));
      }
      mask =
          prompts.size() == 1
              ? scope.create(new float[0], new Shape(0))
              : decoder.toPrecision(
                  scope, step.create(hidden(), new Shape(prompts.size(), 1, most)));
    }
  }

  /**
   * A text with room for more; where it has virtual tokens, which are never drafted, any others.
   */
  private static int[] draftable(int[] text, int size) {
    return Arrays.stream(Arrays.copyOf(text, size)).map(id -> Math.max(id, 0)).toArray();
  }

  private static int rounded(int length) {
    return (length + STEP - 1) / STEP * STEP;
  }

  /** Makes room for so many tokens, at most as many as prompts and new ones are. */
  void reserve(int tokens) {
    int needed = tokens + DRAFTED_TOKENS;
    if (needed <= slots) {
      return;
    }
    slots = Math.min(most, Math.max(rounded(needed), rounded(slots + slots / GROWTH)));
    grow(keys);
    grow(values);
  }

  private void grow(List<NDArray> arrays) {
    // One at a time, so that only one exists twice.
    for (int i = 0; i < arrays.size(); i++) {
      NDArray old = arrays.get(i);
      arrays.set(i, kernels.run(scope, "longer", old, slots).singletonOrThrow());
      old.close();
    }
  }

  private int firstSlot(int[] prompt) {
    return longest - prompt.length;
  }

  private float[] hidden() {
    float[] hidden = new float[prompts.size() * most];
    Arrays.fill(hidden, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < prompts.size(); row++) {
      int from = row * most;
      Arrays.fill(hidden, from + firstSlot(prompts.get(row)), from + longest, 0f);
    }
    return hidden;
  }

  /** Tokens of the longest prompt; the slot of the first new token. */
  int longest() {
    return longest;
  }

  /** 0 for slots of the prompts, -inf elsewhere: [batch, 1, slots of all]; empty for one row. */
  NDArray mask() {
    return mask;
  }

  /** Of one row, its tokens with room for new ones, int64; empty for several rows. */
  NDArray text() {
    return text;
  }

  /**
   * For new tokens: by position, that of a text which ends there. Keys keep what they were rotated
   * by, as in the reference's cache.
   */
  RotaryTensors stepRotary() {
    return stepRotary;
  }

  List<NDArray> keys() {
    return keys;
  }

  List<NDArray> values() {
    return values;
  }

  /** Positions [batch] int64 of the new token with this number. */
  NDArray positions(NDManager scope, int newToken) {
    return Decoder.indices(
        scope, prompts.stream().mapToInt(prompt -> prompt.length + newToken).toArray());
  }
}
