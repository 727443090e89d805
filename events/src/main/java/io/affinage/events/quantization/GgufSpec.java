package io.affinage.events.quantization;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A GGUF base's own blocks of 4 to 8 bits (Q4_0, Q4_1, Q8_0, Q4_K, Q6_K), as its file has them:
 * nothing is quantized anew, and the numbers are those of the file. The name is that of diffusers'
 * {@code GGUFQuantizationConfig}, which does the same.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GgufSpec() implements QuantizationSpec {

  @Override
  public String weightForm() {
    return "gguf";
  }
}
