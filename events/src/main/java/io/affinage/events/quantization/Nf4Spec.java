package io.affinage.events.quantization;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * NF4 as bitsandbytes has it (QLoRA, Dettmers et al. 2023): 4 bits a weight, blocks of 64.
 *
 * @param doubleQuant whether the scales of blocks are quantized too: 4.13 bits a weight in place of
 *     4.5; a base that is quantized already keeps what it has
 * @param offload where the quantized layers are kept: {@code none} in memory, {@code disk} in a
 *     file from which each is read when it is computed with, {@code auto} on disk where memory has
 *     no room; changes no result
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Nf4Spec(
    @Setting(
            value =
                "quantize the scales of the blocks too (4.13 bits a weight, not 4.5); a base that"
                    + " is quantized already keeps what it has",
            otherwise = "true",
            also = "double")
        @Nullable Boolean doubleQuant,
    @Setting(
            value =
                "where the quantized layers are kept: in memory, or on disk, read when they are"
                    + " needed (slower, for models larger than memory); auto: on disk where memory"
                    + " has no room; changes no result",
            otherwise = "\"auto\"",
            words = {"auto", "none", "disk"})
        @Nullable String offload)
    implements QuantizationSpec {

  /** Layers are on disk, in any case. */
  public static final String DISK = "disk";

  /** Layers are in memory, in any case. */
  public static final String NONE = "none";

  @Override
  public String weightForm() {
    return Boolean.FALSE.equals(doubleQuant) ? "nf4" : "nf4-double";
  }
}
