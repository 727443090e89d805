package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RotaryTensors;
import io.affinage.llm.model.config.DecoderShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of all layers, [batch, kvHeads, slots, headDim] each, allocated once. Prompts end
 * at the same slot: shorter ones are padded on the left, and a mask hides the padding.
 */
final class Cache {
  /** Slots are a multiple of this, as the lengths that kernels see are. */
  private static final int STEP = 32;

  private final List<int[]> prompts;
  private final int longest;
  private final NDArray start;
  private final NDArray mask;
  private final RotaryTensors rotary;
  private final List<NDArray> keys = new ArrayList<>();
  private final List<NDArray> values = new ArrayList<>();

  Cache(NDManager scope, Decoder decoder, List<int[]> prompts, int newTokens) {
    this.prompts = prompts;
    this.longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int slots = (longest + newTokens + STEP - 1) / STEP * STEP;
    DecoderShape shape = decoder.shape();
    rotary = RotaryTensors.of(scope, decoder, longest + newTokens);
    Shape layer = new Shape(prompts.size(), shape.kvHeads(), slots, shape.headDim());
    try (NDManager step = scope.newSubManager()) {
      NDArray zeros = step.zeros(layer);
      for (int i = 0; i < shape.layers(); i++) {
        keys.add(decoder.toPrecision(scope, zeros));
        values.add(decoder.toPrecision(scope, zeros));
      }
      start = Decoder.indices(scope, prompts.stream().mapToInt(this::firstSlot).toArray());
      mask =
          prompts.size() == 1
              ? scope.create(new float[0], new Shape(0))
              : decoder.toPrecision(scope, step.create(hidden(slots), maskShape(slots)));
    }
  }

  private Shape maskShape(int slots) {
    return new Shape(prompts.size(), 1, slots);
  }

  private int firstSlot(int[] prompt) {
    return longest - prompt.length;
  }

  private float[] hidden(int slots) {
    float[] hidden = new float[prompts.size() * slots];
    Arrays.fill(hidden, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < prompts.size(); row++) {
      int from = row * slots;
      Arrays.fill(hidden, from + firstSlot(prompts.get(row)), from + longest, 0f);
    }
    return hidden;
  }

  /** Tokens of the longest prompt; the slot of the first new token. */
  int longest() {
    return longest;
  }

  /** Whether prompts differ in length. */
  boolean ragged() {
    return prompts.stream().anyMatch(prompt -> prompt.length < longest);
  }

  /** The first slot of each row, [batch] int64. */
  NDArray start() {
    return start;
  }

  /** 0 for slots of the prompts, -inf elsewhere: [batch, 1, slots]; empty for a single row. */
  NDArray mask() {
    return mask;
  }

  RotaryTensors rotary() {
    return rotary;
  }

  List<NDArray> keys() {
    return keys;
  }

  List<NDArray> values() {
    return values;
  }

  /** The prompts' tokens [batch, longest] int64; padding is token 0. */
  NDArray promptTokens(NDManager scope) {
    return padded(scope, (prompt, index) -> prompt[index]);
  }

  /** Their positions [batch, longest] int64; padding has position 0. */
  NDArray promptPositions(NDManager scope) {
    return padded(scope, (prompt, index) -> index);
  }

  /** Positions [batch] int64 of the new token with this number. */
  NDArray positions(NDManager scope, int newToken) {
    return Decoder.indices(
        scope, prompts.stream().mapToInt(prompt -> prompt.length + newToken).toArray());
  }

  private interface Element {
    int of(int[] prompt, int index);
  }

  private NDArray padded(NDManager scope, Element element) {
    int[] all = new int[prompts.size() * longest];
    for (int row = 0; row < prompts.size(); row++) {
      int[] prompt = prompts.get(row);
      int from = row * longest + firstSlot(prompt);
      for (int i = 0; i < prompt.length; i++) {
        all[from + i] = element.of(prompt, i);
      }
    }
    return Decoder.indices(scope, all).reshape(prompts.size(), longest);
  }
}
