package io.affinage.llm.generation;

import io.affinage.llm.error.LlmException;

/**
 * How the next token is chosen; applied in Hugging Face's order: repetition penalty, temperature,
 * top-k, top-p.
 *
 * @param temperature 0 for greedy, as is less than 1e-5: float32 logits have no such quotient
 * @param topK keep the k likeliest tokens; 0 for all
 * @param topP at least 1e-6 counts; keep the smallest set of tokens whose probability reaches p; 1
 *     for all
 * @param repetitionPenalty above 1 makes tokens that occurred less likely (Keskar et al. 2019); 1
 *     for none
 * @param told temperature of the distribution whose log-probabilities are told; 1 for the model's
 *     own, whatever tokens are sampled by
 * @param seed decides the draws; row i of a batch draws from its own stream, so a row's text does
 *     not depend on the rows beside it
 */
public record Sampling(
    double temperature, int topK, double topP, double repetitionPenalty, double told, long seed) {
  private static final double LOWEST_TEMPERATURE = 1e-5;
  private static final double LOWEST_TOP_P = 1e-6;

  public static final Sampling GREEDY = new Sampling(0, 0, 1, 1, 0);

  /** Tells the model's own log-probabilities. */
  public Sampling(double temperature, int topK, double topP, double repetitionPenalty, long seed) {
    this(temperature, topK, topP, repetitionPenalty, 1, seed);
  }

  /** From the whole distribution at a temperature, whose log-probabilities are told. */
  public static Sampling whole(double temperature, long seed) {
    return new Sampling(temperature, 0, 1, 1, temperature, seed);
  }

  public Sampling {
    if (!(temperature >= 0 && temperature <= 100)) {
      throw invalid("temperature", "in [0, 100]", temperature);
    }
    if (topK < 0) {
      throw invalid("top_k", "0 or more", topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw invalid("top_p", "in (0, 1]", topP);
    }
    temperature = temperature < LOWEST_TEMPERATURE ? 0 : temperature;
    topP = Math.max(topP, LOWEST_TOP_P);
    if (!(told > 0 && told <= 100)) {
      throw invalid("told", "above 0 and at most 100", told);
    }
    if (!(repetitionPenalty > 0)) {
      throw invalid("repetition_penalty", "above 0", repetitionPenalty);
    }
  }

  private static LlmException invalid(String name, String range, Number value) {
    return new LlmException("invalid_sampling", name + " must be " + range + ", not " + value);
  }
}
