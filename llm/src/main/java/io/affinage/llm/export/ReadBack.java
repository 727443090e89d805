package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.TokenizerDefinition;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Opens written files as any user would and holds them against what they were written from: the
 * configuration, every weight, the tokenizer, and the logits.
 *
 * @param config of the live model
 * @param weights that were to be written
 * @param tokenizer that was to be written
 * @param probe of the live model
 * @param compute as the live model computes
 */
record ReadBack(
    DecoderConfig config,
    Weights weights,
    TokenizerDefinition tokenizer,
    LogitProbe probe,
    Compute compute) {

  private static final int CHUNK = 1 << 20;

  /** Below this a difference is that of numbers too small for a 16-bit scale. */
  private static final double NEGLIGIBLE = 1e-7;

  /**
   * @param type of most matrices
   * @return the error of the logits
   * @throws LlmException {@code export_mismatch}
   */
  double require(Path written, StorageType type) {
    Checkpoint checkpoint = Checkpoint.open(written);
    new ConfigReadBack(config, DecoderFiles.config(checkpoint))
        .difference()
        .ifPresent(
            difference -> {
              throw mismatch(difference);
            });
    for (Weights.Weight weight : weights.list()) {
      if (!checkpoint.contains(weight.name())) {
        throw mismatch("weight %s is missing".formatted(weight.name()));
      }
      requireSame(checkpoint, weight);
    }
    try (LanguageModel model = LanguageModel.open(written, compute)) {
      requireSameTokenizer(model);
      return probe.require(model, model.decoder().withoutAdapter(), logitLimit(type));
    }
  }

  private void requireSame(Checkpoint checkpoint, Weights.Weight weight) {
    var entry = checkpoint.entry(weight.name());
    if (!Arrays.equals(entry.shape(), weight.shape())) {
      throw mismatch(
          "weight %s is %s, not %s"
              .formatted(
                  weight.name(), Arrays.toString(entry.shape()), Arrays.toString(weight.shape())));
    }
    var read = new CheckpointWeights(checkpoint);
    int width = Math.max(1, weight.rowElements());
    int atOnce = (int) Math.max(1, Math.min(weight.rows(), CHUNK / width));
    var expected = new float[atOnce * width];
    var found = new float[atOnce * width];
    double difference = 0;
    double squares = 0;
    long count = 0;
    for (long first = 0; first < weight.rows(); first += atOnce) {
      int rows = (int) Math.min(atOnce, weight.rows() - first);
      weights.read(weight, first, rows, expected);
      read.read(weight, first, rows, found);
      for (int i = 0; i < rows * width; i++) {
        difference += Math.pow((double) expected[i] - found[i], 2);
        squares += (double) expected[i] * expected[i];
      }
      count += (long) rows * width;
    }
    double limit = weightLimit(entry.type()) * Math.sqrt(squares);
    if (!(Math.sqrt(difference) <= limit + NEGLIGIBLE * Math.sqrt(count))) {
      throw mismatch(
          "weight %s differs by %.3g of its size in %s"
              .formatted(weight.name(), Math.sqrt(difference / squares), entry.type()));
    }
  }

  private void requireSameTokenizer(LanguageModel model) {
    SpecialTokens expected = tokenizer.specialTokens();
    SpecialTokens found = model.definition().specialTokens();
    if (!expected.eos().equals(found.eos()) || !expected.bos().equals(found.bos())) {
      throw mismatch("the special tokens are %s, not %s".formatted(found, expected));
    }
    String template = TokenizerDefinition.DEFAULT;
    if (!Optional.ofNullable(tokenizer.chatTemplates().get(template))
        .equals(Optional.ofNullable(model.definition().chatTemplates().get(template)))) {
      throw mismatch("the chat template is another");
    }
    try (var written = io.affinage.llm.text.Tokenizer.of(tokenizer)) {
      if (!Arrays.equals(
          written.encodeWithSpecialTokens(LogitProbe.TEXT),
          model.tokenizer().encodeWithSpecialTokens(LogitProbe.TEXT))) {
        throw mismatch("the tokenizer gives other ids");
      }
    }
  }

  private static LlmException mismatch(String problem) {
    return new LlmException(
        "export_mismatch",
        "the written files were read back and are not what was written: %s; nothing was kept"
            .formatted(problem));
  }

  /**
   * The most that a tensor may differ, as a share of its size: above what the type's rounding can
   * do, below what a wrong tensor or order gives (1.4).
   */
  private static double weightLimit(StorageType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1e-3;
      case BF16 -> 4e-3;
      case Q8_0 -> 0.03;
      case Q6_K -> 0.15;
      case Q5_0, Q5_1, Q5_K -> 0.25;
      default -> 0.5;
    };
  }

  /** The most that logits may differ, as a share of their spread. */
  double logitLimit(StorageType type) {
    double computing = compute.precision().orElseThrow() == Precision.FLOAT32 ? 1e-4 : 0.05;
    return computing
        + switch (type) {
          case F32 -> 0;
          case F16 -> 0.01;
          case BF16 -> 0.05;
          case Q8_0 -> 0.1;
          default -> 0.6;
        };
  }
}
