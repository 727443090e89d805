package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LayerForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a live model says about a few texts, so that its files can be asked the same.
 *
 * @param prompts token ids
 * @param logits of what follows each prompt, [vocabulary]
 */
record LogitProbe(List<int[]> prompts, List<float[]> logits) {
  /** Letters, digits, signs and scripts: also what tokenizers are compared on. */
  static final String TEXT =
      "The year 2024 was long; \"twelve\" of 365 days (3.3%) rained.\n\n\tÉté, 東京, Ελλάδα 🙂 x=y+1";

  private static final int LONGEST = 48;
  private static final int RANDOM_IDS = 16;

  static LogitProbe of(LanguageModel model, BlockAdapter adapter) {
    int longest =
        Math.min(LONGEST, model.decoder().shape().maxPositions() - adapter.virtualTokens());
    int vocabulary = model.decoder().shape().vocabularySize();
    int[] text =
        Arrays.stream(model.tokenizer().encode(TEXT))
            .filter(id -> id < vocabulary)
            .limit(longest)
            .toArray();
    Random random = new Random(1);
    List<int[]> prompts = new ArrayList<>();
    if (text.length > 0) {
      prompts.add(text);
    }
    prompts.add(random.ints(Math.min(RANDOM_IDS, longest), 0, vocabulary).toArray());
    prompts.add(new int[] {vocabulary / 2});
    DecoderConfig config = model.decoder().config();
    if (config.layers().stream().anyMatch(LayerForm::windowed)) {
      // Fits files whose format has no window and whose context is therefore cut to it.
      int window = Math.min(longest, config.attention().window());
      prompts.add(random.ints(window, 0, vocabulary).toArray());
    }
    return new LogitProbe(prompts, logits(model, adapter, prompts));
  }

  private static List<float[]> logits(
      LanguageModel model, BlockAdapter adapter, List<int[]> prompts) {
    try (Generator generator = new Generator(model.decoder(), adapter)) {
      return prompts.stream().map(generator::nextLogits).toList();
    }
  }

  /**
   * The largest relative error of another model's logits: root mean square of the difference, but
   * for a common shift, over the standard deviation. Prompts that are longer than the other's
   * context are not asked; the shortest always is.
   */
  double error(LanguageModel other, BlockAdapter adapter) {
    int context = other.decoder().shape().maxPositions() - adapter.virtualTokens();
    List<Integer> asked =
        IntStream.range(0, prompts.size())
            .filter(i -> prompts.get(i).length <= context)
            .boxed()
            .toList();
    List<float[]> found = logits(other, adapter, asked.stream().map(prompts::get).toList());
    double worst = 0;
    for (int i = 0; i < found.size(); i++) {
      worst = Math.max(worst, error(logits.get(asked.get(i)), found.get(i)));
    }
    return worst;
  }

  private static double error(float[] expected, float[] found) {
    if (expected.length != found.length) {
      return Double.POSITIVE_INFINITY;
    }
    double mean = 0;
    double shift = 0;
    for (int i = 0; i < expected.length; i++) {
      mean += expected[i] / (double) expected.length;
      shift += (found[i] - (double) expected[i]) / expected.length;
    }
    double spread = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      spread += Math.pow(expected[i] - mean, 2);
      // Adding the same to all logits changes no probability.
      difference += Math.pow(found[i] - (double) expected[i] - shift, 2);
    }
    double error = difference == 0 ? 0 : Math.sqrt(difference / spread);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }

  /**
   * Holds what was read back to a limit.
   *
   * @throws LlmException {@code export_mismatch}
   */
  double require(LanguageModel other, BlockAdapter adapter, double limit) {
    double error = error(other, adapter);
    if (!(error <= limit)) {
      throw new LlmException(
          "export_mismatch",
          "the written files were read back and their logits differ from the live model's by %.3g of their spread, where %.3g is allowed; nothing was kept"
              .formatted(error, limit));
    }
    return error;
  }
}
