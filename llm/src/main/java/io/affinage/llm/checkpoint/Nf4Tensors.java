package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.quantization.Nf4;
import java.nio.ByteBuffer;
import java.util.OptionalDouble;

/** What of a matrix in NF4 lies in files, and what configurations say of it, as transformers. */
public final class Nf4Tensors {
  private Nf4Tensors() {}

  /**
   * Adds the tensors of a matrix.
   *
   * @param name of the matrix
   * @param type that it had before
   * @param shape [out, in]
   * @param scales of its blocks
   * @param packed its codes, {@link Nf4#bytes} bytes
   */
  public static void add(
      SafetensorsWriter writer,
      String name,
      StorageType type,
      long[] shape,
      BlockScales scales,
      TensorData packed) {
    writer.add(name, StorageType.U8, new long[] {Nf4.bytes(shape[0] * shape[1]), 1}, packed);
    writer.add(name + ".quant_map", Nf4.codebook(), 16);
    OptionalDouble mean = OptionalDouble.empty();
    if (scales instanceof BlockScales.Nested some) {
      mean = OptionalDouble.of(some.mean());
      writer.add(
          name + ".absmax",
          StorageType.U8,
          new long[] {some.count()},
          ByteBuffer.wrap(some.codes()));
      writer.add(name + ".nested_absmax", some.magnitudes(), some.magnitudes().length);
      writer.add(name + ".nested_quant_map", DynamicMap.values(true), 256);
    } else if (scales instanceof BlockScales.Plain all) {
      writer.add(name + ".absmax", all.values(), all.count());
    }
    byte[] state = new Nf4State(type, shape, mean).json();
    writer.add(
        name + Nf4State.SUFFIX, StorageType.U8, new long[] {state.length}, ByteBuffer.wrap(state));
  }

  /**
   * Puts {@code quantization_config} into a model's {@code config.json}.
   *
   * @param nested whether scales are quantized too
   * @param computeType in which readers shall compute: {@code bfloat16}, {@code float32} or {@code
   *     float16}
   */
  public static void describe(ObjectNode config, boolean nested, String computeType) {
    ObjectNode quantization = config.putObject("quantization_config");
    quantization.put("_load_in_4bit", true);
    quantization.put("_load_in_8bit", false);
    quantization.put("bnb_4bit_compute_dtype", computeType);
    quantization.put("bnb_4bit_quant_storage", "uint8");
    quantization.put("bnb_4bit_quant_type", "nf4");
    quantization.put("bnb_4bit_use_double_quant", nested);
    quantization.put("llm_int8_enable_fp32_cpu_offload", false);
    quantization.put("llm_int8_has_fp16_weight", false);
    quantization.putNull("llm_int8_skip_modules");
    quantization.put("llm_int8_threshold", 6.0);
    quantization.put("load_in_4bit", true);
    quantization.put("load_in_8bit", false);
    quantization.put("quant_method", "bitsandbytes");
  }
}
