package io.affinage.llm.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.text.SpecialTokens;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Path;

/** The files of a Hugging Face model folder. */
final class HuggingFaceFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private HuggingFaceFiles() {}

  static void write(
      Path folder,
      DecoderConfig config,
      Weights weights,
      TokenizerDefinition tokenizer,
      StorageType type,
      long shardBytes)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    weights.list().forEach(weight -> add(writer, weights, weight, type));
    writer.writeFolder(folder, shardBytes);
    tokenizer.writeTo(folder);
    json(folder, "config.json", config(config, tokenizer.specialTokens(), type));
    json(folder, "generation_config.json", generation(tokenizer.specialTokens()));
  }

  private static void add(
      SafetensorsWriter writer, Weights weights, Weights.Weight weight, StorageType type) {
    writer.add(
        weight.name(),
        type,
        weight.shape(),
        new TensorEncoder(
            weight.name(),
            type,
            weight.shape(),
            RowOrder.AS_IS,
            (first, rows, destination) -> weights.read(weight, first, rows, destination)));
  }

  /**
   * The files of a model with a head of scores in place of the language model's, as transformers
   * has it: one label, no bias. The head is float32 whatever the rest is.
   *
   * @param score the head's weight, [hidden]
   */
  static void writeClassifier(
      Path folder,
      DecoderConfig config,
      Weights weights,
      float[] score,
      TokenizerDefinition tokenizer,
      StorageType type,
      long shardBytes)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    String head = config.names().head() + ".weight";
    weights.list().stream()
        .filter(weight -> !weight.name().equals(head))
        .forEach(weight -> add(writer, weights, weight, type));
    writer.add("score.weight", score, new long[] {1, score.length});
    writer.writeFolder(folder, shardBytes);
    tokenizer.writeTo(folder);
    ObjectNode json = config(config, tokenizer.specialTokens(), type);
    json.putArray("architectures").add(config.architecture().classifierName());
    json.putObject("id2label").put("0", "LABEL_0");
    json.putObject("label2id").put("LABEL_0", 0);
    json(folder, "config.json", json);
  }

  private static void json(Path folder, String name, ObjectNode json) throws IOException {
    JSON.writerWithDefaultPrettyPrinter().writeValue(folder.resolve(name).toFile(), json);
  }

  /** The configuration that the decoder was made from, with what differs in this copy. */
  private static ObjectNode config(DecoderConfig config, SpecialTokens ids, StorageType type) {
    ObjectNode json = config.source().json();
    json.putArray("architectures").add(config.architecture().className());
    json.put("model_type", config.architecture().modelType());
    json.put("tie_word_embeddings", config.shape().tiedHead());
    json.remove("dtype");
    json.put(
        "torch_dtype",
        switch (type) {
          case F16 -> "float16";
          case BF16 -> "bfloat16";
          default -> "float32";
        });
    ids.bos().ifPresent(id -> json.put("bos_token_id", id));
    ids.eos().ifPresent(id -> json.put("eos_token_id", id));
    ids.pad().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }

  private static ObjectNode generation(SpecialTokens ids) {
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
