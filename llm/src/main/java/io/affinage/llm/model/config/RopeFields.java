package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads rotary embeddings: from {@code rope_parameters}, or from {@code rope_theta} and {@code
 * rope_scaling} as older configurations have it.
 */
final class RopeFields {
  private static final String ORIGINAL = "original_max_position_embeddings";

  private final ConfigFields config;
  private final JsonNode parameters;
  private final String thetaField;

  /**
   * @param parameters the object that holds them; may be missing
   * @param thetaField where older configurations have the base
   */
  RopeFields(ConfigFields config, JsonNode parameters, String thetaField) {
    this.config = config;
    this.parameters = parameters;
    this.thetaField = thetaField;
  }

  /** The one rotary embedding of a configuration. */
  static RopeFields of(ConfigFields config) {
    JsonNode parameters = config.json().path("rope_parameters");
    return new RopeFields(
        config,
        parameters.isObject() ? parameters : config.json().path("rope_scaling"),
        "rope_theta");
  }

  /**
   * Of a family that rotates whole heads.
   *
   * @param theta base where none is said
   */
  RotaryEmbedding readWhole(int headDim, double theta) {
    RotaryEmbedding rotary = read(headDim, theta, 1);
    if (rotary.dimensions() != headDim) {
      // The reference ignores the field or not, depending on the kind of scaling.
      throw config.unsupported(
          "partial_rotary_factor rotates %d of %d dimensions, but part of a head is not supported"
              .formatted(rotary.dimensions(), headDim));
    }
    return rotary;
  }

  /**
   * @param theta base where none is said
   * @param rotatedShare share of a head's dimensions that is rotated where none is said
   */
  RotaryEmbedding read(int headDim, double theta, double rotatedShare) {
    double share =
        number("partial_rotary_factor", config.number("partial_rotary_factor", rotatedShare));
    int dimensions = (int) (headDim * share);
    double base = number("rope_theta", config.number(thetaField, theta));
    return new RotaryEmbedding(dimensions, base, scaling());
  }

  private RopeScaling scaling() {
    String type = parameters.path("rope_type").asText(parameters.path("type").asText("default"));
    if (parameters.has("mrope_section")) {
      throw config.unsupported(
          "rope_scaling has mrope_section: rotary embeddings of several axes are not supported");
    }
    return switch (type) {
      case "default" -> RopeScaling.NONE;
      case "linear" -> new RopeScaling.Linear(required("factor"));
      case "llama3" ->
          new RopeScaling.Llama3(
              required("factor"),
              required("low_freq_factor"),
              required("high_freq_factor"),
              original());
      case "yarn" -> yarn();
      default ->
          throw config.unsupported(
              "rope_scaling '%s' is not supported; supported are default, linear, llama3, yarn"
                  .formatted(type));
    };
  }

  private RopeScaling yarn() {
    double factor =
        number("factor", config.positive("max_position_embeddings") / (double) original());
    double mscale = number("mscale", 0);
    double mscaleAll = number("mscale_all_dim", 0);
    double attention =
        mscale != 0 && mscaleAll != 0
            ? sharpening(factor, mscale) / sharpening(factor, mscaleAll)
            : sharpening(factor, 1);
    return new RopeScaling.Yarn(
        factor,
        original(),
        number("beta_fast", 32),
        number("beta_slow", 1),
        parameters.path("truncate").asBoolean(true),
        number("attention_factor", attention));
  }

  private static double sharpening(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  private int original() {
    int otherwise = config.positive(ORIGINAL, config.positive("max_position_embeddings"));
    return (int) number(ORIGINAL, otherwise);
  }

  private double required(String name) {
    double value = number(name, Double.NaN);
    if (!(value > 0)) {
      throw new IllegalArgumentException("rope_scaling needs " + name + ", a number above 0");
    }
    return value;
  }

  private double number(String name, double otherwise) {
    JsonNode node = parameters.path(name);
    return node.isNumber() ? node.doubleValue() : otherwise;
  }
}
