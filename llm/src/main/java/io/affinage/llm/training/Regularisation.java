package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * What keeps a run from learning its examples by heart.
 *
 * @param dropout probability in front of adapters
 * @param neftuneAlpha noise on embedded tokens, uniform in +-alpha / sqrt(tokens * hidden size) of
 *     an example (NEFTune, Jain et al. 2023); 0 for none
 * @param labelSmoothing share of the target's probability that is spread over the vocabulary, as in
 *     PyTorch's cross entropy
 * @param emaDecay decay of a running mean of the weights, which is evaluated and becomes the
 *     result; 0 for none
 */
public record Regularisation(
    double dropout, double neftuneAlpha, double labelSmoothing, double emaDecay) {
  public static final Regularisation NONE = new Regularisation(0, 0, 0, 0);

  public Regularisation {
    require(dropout >= 0 && dropout < 1, "dropout", "in [0, 1)", dropout);
    require(neftuneAlpha >= 0, "neftuneAlpha", "0 or more", neftuneAlpha);
    require(
        labelSmoothing >= 0 && labelSmoothing < 1, "labelSmoothing", "in [0, 1)", labelSmoothing);
    require(emaDecay >= 0 && emaDecay < 1, "emaDecay", "in [0, 1)", emaDecay);
  }

  /** Dropout alone. */
  public static Regularisation ofDropout(double probability) {
    return new Regularisation(probability, 0, 0, 0);
  }
}
