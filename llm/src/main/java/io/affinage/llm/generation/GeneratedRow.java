package io.affinage.llm.generation;

import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.SplittableRandom;

/** One row of a batch while it grows. */
final class GeneratedRow {
  private final int index;
  private final GenerationRequest request;
  private final TokenListener listener;
  private final SplittableRandom random;
  private int[] ids = new int[16];
  private double[] logProbabilities = new double[16];
  private int count;
  private GeneratedTokens.Finish finish;

  GeneratedRow(int index, GenerationRequest request, TokenListener listener) {
    this.index = index;
    this.request = request;
    this.listener = listener;
    this.random =
        new SplittableRandom(
            request.sampling().seed() * 0x9E3779B97F4A7C15L + request.firstRow() + index);
  }

  /** The row's next draw in [0, 1). */
  float nextUniform() {
    return (float) random.nextDouble() * (1 - 0x1p-24f);
  }

  boolean isOpen() {
    return finish == null;
  }

  /**
   * Appends a token.
   *
   * @throws LlmException {@code non_finite_logits}
   */
  void accept(int token, float logProbability) {
    if (!Float.isFinite(logProbability)) {
      throw new LlmException(
          "non_finite_logits", "the model's logits are not finite; its weights are damaged");
    }
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
      logProbabilities = Arrays.copyOf(logProbabilities, 2 * count);
    }
    ids[count] = token;
    logProbabilities[count] = logProbability;
    count++;
    boolean goesOn = listener.onToken(index, token);
    if (!goesOn || request.stopTokens().contains(token)) {
      finish = GeneratedTokens.Finish.STOP;
    } else if (count == request.maxNewTokens()) {
      finish = GeneratedTokens.Finish.LENGTH;
    }
  }

  /** The prompt and what has been added to it. */
  int[] text() {
    int[] prompt = request.prompts().get(index);
    int[] text = Arrays.copyOf(prompt, prompt.length + count);
    System.arraycopy(ids, 0, text, prompt.length, count);
    return text;
  }

  GeneratedTokens result() {
    return new GeneratedTokens(
        Arrays.copyOf(ids, count),
        Arrays.copyOf(logProbabilities, count),
        finish == null ? GeneratedTokens.Finish.LENGTH : finish);
  }
}
