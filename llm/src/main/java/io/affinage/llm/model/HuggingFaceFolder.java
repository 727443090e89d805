package io.affinage.llm.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.OptionalInt;

/** Writes a decoder as a Hugging Face model folder: configuration and weights. */
public final class HuggingFaceFolder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SHARD_BYTES = 5_000_000_000L;

  private HuggingFaceFolder() {}

  /**
   * Token ids that a model's configuration names.
   *
   * @param stops every id that ends a generation
   */
  public record TokenIds(
      OptionalInt bos, OptionalInt eos, OptionalInt pad, Collection<Integer> stops) {}

  /** Changes a weight on its way into the file, such as adding an adapter to it. */
  @FunctionalInterface
  public interface WeightTransform {
    /** Writes the weight as it is. */
    WeightTransform NONE = (name, values) -> values;

    /** The values to be written, row-major float32. */
    float[] apply(String name, float[] values);
  }

  /**
   * Writes {@code config.json}, {@code generation_config.json} and {@code model.safetensors} (or
   * shards).
   *
   * @param type F32 or BF16
   * @throws LlmException {@code checkpoint_not_written}
   */
  public static void write(
      Decoder decoder, Path folder, TokenIds ids, StorageType type, WeightTransform transform) {
    try {
      Files.createDirectories(folder);
      write(folder.resolve("config.json"), config(decoder.config(), ids, type));
      write(folder.resolve("generation_config.json"), generation(ids));
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot write the model to " + folder + ": " + e, e);
    }
    SafetensorsWriter writer = new SafetensorsWriter();
    decoder.forEachWeight(
        (name, array) -> {
          long[] shape = array.getShape().getShape();
          writer.add(
              name,
              type,
              shape,
              out -> {
                ByteBuffer bytes = encode(transform.apply(name, decoder.toFloats(array)), type);
                while (bytes.hasRemaining()) {
                  out.write(bytes);
                }
              });
        });
    writer.writeFolder(folder, SHARD_BYTES);
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private static ByteBuffer encode(float[] values, StorageType type) {
    int width = type.blockBytes();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, width))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      if (type == StorageType.F32) {
        bytes.putFloat(value);
      } else {
        bytes.putShort(bfloat16(value));
      }
    }
    return bytes.flip();
  }

  /** Rounds to nearest, ties to even, as PyTorch does; NaN stays NaN. */
  static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The configuration that the decoder was made from, with what differs in this copy. */
  private static ObjectNode config(DecoderConfig config, TokenIds ids, StorageType type) {
    ObjectNode json = config.source().json();
    json.putArray("architectures").add(config.architecture().className());
    json.put("model_type", config.architecture().modelType());
    json.put("tie_word_embeddings", config.shape().tiedHead());
    json.remove("dtype");
    json.put("torch_dtype", type == StorageType.F32 ? "float32" : "bfloat16");
    ids.bos().ifPresent(id -> json.put("bos_token_id", id));
    ids.eos().ifPresent(id -> json.put("eos_token_id", id));
    ids.pad().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }

  private static ObjectNode generation(TokenIds ids) {
    ObjectNode json = JSON.createObjectNode();
    ids.bos().ifPresent(id -> json.put("bos_token_id", id));
    ids.pad().ifPresent(id -> json.put("pad_token_id", id));
    if (ids.stops().size() == 1) {
      json.put("eos_token_id", ids.stops().iterator().next());
    } else if (!ids.stops().isEmpty()) {
      ArrayNode stops = json.putArray("eos_token_id");
      ids.stops().forEach(stops::add);
    }
    return json;
  }
}
