package io.affinage.llm.export;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.RotaryEmbedding;
import java.util.List;
import java.util.Optional;

/** Finds what a configuration that was read back says otherwise than the live model's. */
record ConfigReadBack(DecoderConfig expected, DecoderConfig found) {

  /** GGUF stores 32-bit floats. */
  private static final double ROUNDING = 1e-5;

  /** The first difference that would change a computation. */
  Optional<String> difference() {
    if (!sameSizes(expected.shape(), found.shape())) {
      return said("sizes", expected.shape(), found.shape());
    }
    if (found.shape().maxPositions() > expected.shape().maxPositions()) {
      return said("positions", expected.shape().maxPositions(), found.shape().maxPositions());
    }
    if (!expected.normalization().equals(found.normalization())) {
      return said("normalization", expected.normalization(), found.normalization());
    }
    if (!expected.attention().equals(found.attention())) {
      return said("attention", expected.attention(), found.attention());
    }
    if (!expected.feedForward().equals(found.feedForward())) {
      return said("feed-forward layer", expected.feedForward(), found.feedForward());
    }
    if (expected.parallelResidual() != found.parallelResidual()) {
      return said("parallel residual", expected.parallelResidual(), found.parallelResidual());
    }
    if (expected.embeddingScale() != found.embeddingScale()) {
      return said("embedding scale", expected.embeddingScale(), found.embeddingScale());
    }
    if (expected.logitCap() != found.logitCap()) {
      return said("logit cap", expected.logitCap(), found.logitCap());
    }
    if (!expected.layers().equals(found.layers())) {
      return said("layers", expected.layers(), found.layers());
    }
    if (!expected.linears().equals(found.linears())) {
      return said("linear layers", expected.linears(), found.linears());
    }
    if (!sameRotary(expected.rotary(), found.rotary(), found.shape().maxPositions())) {
      return said("rotary embedding", expected.rotary(), found.rotary());
    }
    return Optional.empty();
  }

  private static Optional<String> said(String what, Object expected, Object found) {
    return Optional.of("the %s is %s, not %s".formatted(what, found, expected));
  }

  /** All sizes but the context, which may be cut. */
  private static boolean sameSizes(DecoderShape a, DecoderShape b) {
    return a.vocabularySize() == b.vocabularySize()
        && a.hiddenSize() == b.hiddenSize()
        && a.intermediateSize() == b.intermediateSize()
        && a.layers() == b.layers()
        && a.heads() == b.heads()
        && a.kvHeads() == b.kvHeads()
        && a.headDim() == b.headDim()
        && a.tiedHead() == b.tiedHead();
  }

  private static boolean sameRotary(
      List<RotaryEmbedding> expected, List<RotaryEmbedding> found, int longest) {
    if (expected.size() != found.size()) {
      return false;
    }
    for (int i = 0; i < expected.size(); i++) {
      RotaryEmbedding a = expected.get(i);
      RotaryEmbedding b = found.get(i);
      if (a.dimensions() != b.dimensions() || !close(a.factor(), b.factor())) {
        return false;
      }
      if (!sameAngles(a, b, 1) || !sameAngles(a, b, longest)) {
        return false;
      }
    }
    return true;
  }

  /** In texts of a length: some rotary embeddings are others in long ones. */
  private static boolean sameAngles(RotaryEmbedding a, RotaryEmbedding b, int length) {
    float[] angles = a.frequencies(length);
    float[] others = b.frequencies(length);
    for (int j = 0; j < angles.length; j++) {
      if (!close(angles[j], others[j])) {
        return false;
      }
    }
    return true;
  }

  private static boolean close(double expected, double found) {
    return Math.abs(expected - found) <= ROUNDING * Math.abs(expected);
  }
}
