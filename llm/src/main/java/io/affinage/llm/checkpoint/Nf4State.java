package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.quantization.BlockScales;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * What bitsandbytes stores of a weight in NF4 beside its arrays: a JSON object, in bytes a uint8
 * tensor, {@code P.weight.quant_state.bitsandbytes__nf4}.
 *
 * @param type of the weight before it was quantized
 * @param shape of the weight
 * @param mean of the scales where they are quantized too; empty where they are not
 */
record Nf4State(StorageType type, long[] shape, OptionalDouble mean) {

  /** Ends the tensor's name. */
  static final String SUFFIX = ".quant_state.bitsandbytes__nf4";

  /** The bytes, as Python's {@code json.dumps} writes them. */
  byte[] json() {
    StringBuilder json =
        new StringBuilder(
            "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"%s\", \"shape\": [%s]"
                .formatted(
                    torchName(type),
                    Arrays.stream(shape)
                        .mapToObj(Long::toString)
                        .collect(Collectors.joining(", "))));
    mean.ifPresent(
        value ->
            json.append(", \"nested_blocksize\": 256, \"nested_dtype\": \"float32\"")
                .append(", \"nested_offset\": ")
                .append(python(value)));
    return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads the bytes.
   *
   * @throws IllegalArgumentException that says what is wrong
   */
  static Nf4State of(byte[] json) {
    JsonNode state;
    try {
      state = StrictJson.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON: " + StrictJson.describe(e), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("is no JSON: " + e.getMessage(), e);
    }
    require(state, "quant_type", "nf4");
    require(state, "blocksize", "64");
    JsonNode sizes = state.path("shape");
    long[] shape = new long[sizes.size()];
    for (int i = 0; i < shape.length; i++) {
      if (!sizes.get(i).isIntegralNumber() || !sizes.get(i).canConvertToInt()) {
        throw new IllegalArgumentException("has a shape that is none: " + sizes);
      }
      shape[i] = sizes.get(i).longValue();
    }
    if (shape.length != 2 || shape[0] < 1 || shape[1] < 1) {
      throw new IllegalArgumentException("has the shape " + sizes + ", which is no matrix");
    }
    OptionalDouble mean = OptionalDouble.empty();
    if (state.has("nested_offset")) {
      require(state, "nested_blocksize", "256");
      require(state, "nested_dtype", "float32");
      JsonNode offset = state.get("nested_offset");
      if (!offset.isNumber() || !Double.isFinite(offset.doubleValue())) {
        throw new IllegalArgumentException("has the nested_offset " + offset);
      }
      mean = OptionalDouble.of(offset.doubleValue());
    }
    return new Nf4State(type(state.path("dtype").asText()), shape, mean);
  }

  private static void require(JsonNode state, String field, String value) {
    if (!state.path(field).asText().equals(value)) {
      throw new IllegalArgumentException(
          "has %s %s, but only %s is read".formatted(field, state.path(field), value));
    }
  }

  private static StorageType type(String name) {
    return switch (name) {
      case "float32" -> StorageType.F32;
      case "bfloat16" -> StorageType.BF16;
      case "float16" -> StorageType.F16;
      default ->
          throw new IllegalArgumentException("has the dtype '" + name + "', which is no float");
    };
  }

  private static String torchName(StorageType type) {
    return switch (type) {
      case F32 -> "float32";
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      default -> throw new IllegalArgumentException(type + " is no float of bitsandbytes'");
    };
  }

  /** The shortest digits that are read as this number, written as Python's {@code repr} does. */
  static String python(double value) {
    if (value == 0) {
      return "0.0";
    }
    BigDecimal exact = new BigDecimal(value);
    BigDecimal digits = exact;
    for (int precision = 1; precision <= 17; precision++) {
      digits = exact.round(new MathContext(precision));
      if (digits.doubleValue() == value) {
        break;
      }
    }
    digits = digits.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = digits.movePointLeft(exponent).stripTrailingZeros().toPlainString();
    return "%se%s%02d"
        .formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent))
        .toLowerCase(Locale.ROOT);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Nf4State that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && mean.equals(that.mean);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + type.hashCode();
  }

  /** The number of magnitudes of so many scales. */
  static int magnitudes(int scales) {
    return (scales + BlockScales.Nested.BLOCK - 1) / BlockScales.Nested.BLOCK;
  }
}
