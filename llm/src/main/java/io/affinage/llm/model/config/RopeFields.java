package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads rotary embeddings: from {@code rope_parameters}, or from {@code rope_theta} and {@code
 * rope_scaling} as older configurations have it. Where a file has both, as after an edit by a
 * model's instructions, {@code rope_scaling} counts, as it does for the reference.
 */
final class RopeFields {
  static final String ORIGINAL = "original_max_position_embeddings";

  /** Kinds of scaling whose frequencies are the same for texts of every length. */
  static final Set<String> STEADY = Set.of("default", "linear", "llama3", "yarn");

  /** All of them. */
  static final Set<String> ANY =
      Set.of("default", "linear", "llama3", "yarn", "dynamic", "longrope");

  private final ConfigFields config;
  private final JsonNode parameters;
  private final String thetaField;
  private final String shareField;

  /**
   * @param parameters the object that holds them; may be missing
   * @param thetaField where older configurations have the base
   */
  RopeFields(ConfigFields config, JsonNode parameters, String thetaField) {
    this(config, parameters, thetaField, "partial_rotary_factor");
  }

  private RopeFields(
      ConfigFields config, JsonNode parameters, String thetaField, String shareField) {
    this.config = config;
    this.parameters = parameters;
    this.thetaField = thetaField;
    this.shareField = shareField;
  }

  /** The one rotary embedding of a configuration. */
  static RopeFields of(ConfigFields config) {
    return of(config, "rope_theta", "partial_rotary_factor");
  }

  /**
   * As above, by a family's own names of the fields beside {@code rope_parameters}.
   *
   * @param thetaField the base
   * @param shareField the share of a head's dimensions that is rotated
   */
  static RopeFields of(ConfigFields config, String thetaField, String shareField) {
    JsonNode scaling = config.json().path("rope_scaling");
    JsonNode parameters =
        scaling.isObject() && !scaling.isEmpty() ? scaling : config.json().path("rope_parameters");
    parameters
        .properties()
        .forEach(
            each -> {
              if (each.getValue().isObject()) {
                throw config.unsupported(
                    "rope_parameters has an object %s: one for each type of layer is not supported"
                        .formatted(each.getKey()));
              }
            });
    return new RopeFields(config, parameters, thetaField, shareField);
  }

  /**
   * Of a family that rotates whole heads.
   *
   * @param theta base where none is said
   * @param kinds of scaling that the family has
   */
  RotaryEmbedding readWhole(int headDim, double theta, Set<String> kinds) {
    RotaryEmbedding rotary = read(headDim, theta, 1, kinds);
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
   * @param kinds of scaling that the family has
   */
  RotaryEmbedding read(int headDim, double theta, double rotatedShare, Set<String> kinds) {
    double share = number("partial_rotary_factor", config.number(shareField, rotatedShare));
    int dimensions = (int) (headDim * share);
    double base = number("rope_theta", config.number(thetaField, theta));
    return new RotaryEmbedding(dimensions, base, scaling(dimensions, kinds));
  }

  private RopeScaling scaling(int dimensions, Set<String> kinds) {
    String type = parameters.path("rope_type").asText(parameters.path("type").asText("default"));
    if (parameters.has("mrope_section")) {
      throw config.unsupported(
          "rope_scaling has mrope_section: rotary embeddings of several axes are not supported");
    }
    if (!kinds.contains(type)) {
      throw config.unsupported(
          "rope_scaling '%s' is not supported here; supported are %s"
              .formatted(type, String.join(", ", new TreeSet<>(kinds))));
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
      case "dynamic" -> dynamic(dimensions);
      case "longrope" -> longRope(dimensions);
      default -> throw new IllegalStateException("no reader of rope_scaling " + type);
    };
  }

  private RopeScaling dynamic(int dimensions) {
    double factor = required("factor");
    if (dimensions < 4 || factor < 1) {
      throw new IllegalArgumentException(
          "rope_scaling 'dynamic' needs a factor of at least 1 and 4 rotated dimensions, but has %s and %d"
              .formatted(factor, dimensions));
    }
    return new RopeScaling.Dynamic(factor, config.positive("max_position_embeddings"));
  }

  private RopeScaling longRope(int dimensions) {
    int original = original();
    double factor =
        number("factor", config.positive("max_position_embeddings") / (double) original);
    double sharpened = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new RopeScaling.LongRope(
        factors("short_factor", dimensions / 2),
        factors("long_factor", dimensions / 2),
        original,
        number("attention_factor", sharpened),
        false);
  }

  private List<Double> factors(String name, int count) {
    List<Double> factors = new ArrayList<>();
    for (JsonNode factor : parameters.path(name)) {
      if (!factor.isNumber() || !(factor.doubleValue() > 0)) {
        throw new IllegalArgumentException(
            "rope_scaling's %s has %s, which is not above 0".formatted(name, factor));
      }
      factors.add(factor.doubleValue());
    }
    if (factors.size() != count) {
      throw new IllegalArgumentException(
          "rope_scaling's %s has %d entries, but there are %d frequencies"
              .formatted(name, factors.size(), count));
    }
    return factors;
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
    // Beside the scaling it comes before what stands within, as in the reference.
    double within = number(ORIGINAL, config.positive("max_position_embeddings"));
    return config.positive(ORIGINAL, (int) within);
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
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    if (!node.isNumber()) {
      throw new IllegalArgumentException(
          "rotary embeddings' %s is %s, but must be a number".formatted(name, node));
    }
    return node.doubleValue();
  }
}
