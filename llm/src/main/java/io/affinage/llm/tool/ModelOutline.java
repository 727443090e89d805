package io.affinage.llm.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the headers of a model's files say of it.
 *
 * @param bytes of its weights as they are stored
 * @param type in which most of them are stored, as files name it
 * @param folder whether they are safetensors, which alone can be streamed
 */
record ModelOutline(DecoderConfig config, long bytes, String type, boolean folder) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Of a folder whose files have headers alone: the states of quantized layers lie among weights,
   * so of such a model it is the configuration that tells.
   *
   * @throws LlmException as above, and {@code checkpoint_quantization_unsupported}
   */
  static ModelOutline ofHeaders(Path path) {
    Path file = path.resolve("config.json");
    if (!Files.exists(file)) {
      return read(path);
    }
    JsonNode json;
    try {
      json = JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new LlmException("config_invalid", file + ": " + e.getMessage(), e);
    }
    JsonNode quantization = json.path("quantization_config");
    if (!(json instanceof ObjectNode fields) || !quantization.isObject()) {
      return read(path);
    }
    boolean nf4 =
        quantization.path("quant_method").asText("").equals("bitsandbytes")
            && quantization.path("bnb_4bit_quant_type").asText("").equals("nf4");
    if (!nf4) {
      throw new LlmException(
          "checkpoint_quantization_unsupported",
          "%s: the model is quantized by %s; of quantized safetensors bitsandbytes' NF4 is read"
              .formatted(file, quantization.path("quant_method").asText("another method")));
    }
    try (Stream<Path> files = Files.list(path)) {
      long bytes =
          files
              .filter(each -> each.toString().endsWith(".safetensors"))
              .mapToLong(each -> each.toFile().length())
              .sum();
      fields.remove("quantization_config"); // which is read, as above
      DecoderConfig config = DecoderConfig.of(new ModelMetadata(file.toString(), fields));
      return new ModelOutline(config, bytes, StorageType.NF4.name(), true);
    } catch (IOException e) {
      throw new LlmException("checkpoint_unreadable", path + " cannot be read: " + e, e);
    }
  }

  /**
   * Reads and checks configuration and headers.
   *
   * @param path a Hugging Face folder, a GGUF file, or a folder with one
   * @throws LlmException as opening the model would, but for what only weights show
   */
  static ModelOutline read(Path path) {
    Checkpoint checkpoint = Checkpoint.open(path);
    ModelMetadata source = checkpoint.config();
    DecoderConfig config = DecoderFiles.config(checkpoint);
    DecoderFiles.requireFit(checkpoint, config);
    List<TensorEntry> entries = checkpoint.names().stream().map(checkpoint::entry).toList();
    Map<String, Long> bytes =
        entries.stream()
            .collect(
                Collectors.groupingBy(
                    entry -> entry.type().name(), Collectors.summingLong(TensorEntry::byteLength)));
    return new ModelOutline(
        config,
        bytes.values().stream().mapToLong(Long::longValue).sum(),
        bytes.entrySet().stream()
            .max(Comparator.comparingLong(Map.Entry::getValue))
            .map(Map.Entry::getKey)
            .orElse("none"),
        checkpoint.tokenizer().isEmpty());
  }
}
