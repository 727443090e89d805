package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A LoRA adapter as Hugging Face PEFT keeps it: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 */
public final class PeftFolder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";

  /** PEFT's options that are null unless used. */
  private static final List<String> NULL_FIELDS =
      List.of(
          "auto_mapping",
          "revision",
          "exclude_modules",
          "modules_to_save",
          "layers_to_transform",
          "layers_pattern",
          "trainable_token_indices",
          "target_parameters");

  private PeftFolder() {}

  /** Whether the folder holds an adapter rather than a model. */
  public static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG));
  }

  /**
   * Writes an adapter.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   * @throws LlmException {@code adapter_is_zero} when B is all zeros: nothing was learned; {@code
   *     checkpoint_not_written}
   */
  public static void save(LoraAdapter adapter, Path folder, String baseModel) {
    double norm = adapter.normOfB();
    if (!(norm > 0) || !Double.isFinite(norm)) {
      throw new LlmException(
          "adapter_is_zero",
          "the adapter's B matrices have norm "
              + norm
              + ": nothing was learned, so nothing is saved");
    }
    try {
      Files.createDirectories(folder);
      JSON.writerWithDefaultPrettyPrinter()
          .writeValue(folder.resolve(CONFIG).toFile(), config(adapter.config(), baseModel));
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot write the adapter to " + folder + ": " + e, e);
    }
    SafetensorsWriter writer = new SafetensorsWriter();
    adapter.forEachMatrix(
        (key, array) -> writer.add(key, array.toFloatArray(), array.getShape().getShape()));
    writer.write(folder.resolve(WEIGHTS));
  }

  private static ObjectNode config(LoraConfig config, String baseModel) {
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA");
    json.put("task_type", "CAUSAL_LM");
    json.put("base_model_name_or_path", baseModel);
    json.put("inference_mode", true);
    json.put("r", config.rank());
    if (config.alpha() == Math.rint(config.alpha())) {
      json.put("lora_alpha", (long) config.alpha());
    } else {
      json.put("lora_alpha", config.alpha());
    }
    json.put("lora_dropout", config.dropout());
    json.put("use_rslora", config.rankStabilized());
    json.put("fan_in_fan_out", false);
    json.put("bias", "none");
    json.put("init_lora_weights", true);
    json.put("use_dora", false);
    json.put("lora_bias", false);
    json.putObject("rank_pattern");
    json.putObject("alpha_pattern");
    json.putObject("loftq_config");
    NULL_FIELDS.forEach(json::putNull);
    Set<String> targets = new TreeSet<>();
    config.targets().forEach(layer -> targets.add(layer.moduleName()));
    targets.forEach(json.putArray("target_modules")::add);
    return json;
  }

  /**
   * Loads an adapter that fits the decoder.
   *
   * @throws LlmException {@code adapter_invalid}, {@code adapter_unsupported}, and what reading
   *     safetensors throws
   */
  public static LoraAdapter load(Decoder decoder, Path folder) {
    LoraConfig config = readConfig(folder.resolve(CONFIG));
    Checkpoint weights = Checkpoint.open(folder.resolve(WEIGHTS));
    Set<String> unused = new TreeSet<>(weights.names());
    LoraAdapter adapter =
        LoraAdapter.of(
            decoder,
            config,
            (block, layer, matrix, shape) -> {
              String key = LoraAdapter.key(block, layer, matrix);
              unused.remove(key);
              return read(weights, key, shape);
            });
    if (!unused.isEmpty()) {
      adapter.close();
      throw new LlmException(
          "adapter_invalid",
          folder + " has matrices that the base model has no place for: " + unused);
    }
    return adapter;
  }

  private static float[] read(Checkpoint weights, String key, Shape shape) {
    TensorEntry entry = weights.entry(key);
    if (!Arrays.equals(entry.shape(), shape.getShape())) {
      throw new LlmException(
          "adapter_invalid",
          "%s: %s is %s, but the base model needs %s"
              .formatted(entry.file(), key, Arrays.toString(entry.shape()), shape));
    }
    return weights.readFloats(key);
  }

  private static LoraConfig readConfig(Path file) {
    JsonNode json;
    try {
      json = JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new LlmException("adapter_invalid", "cannot read " + file + ": " + e.getMessage(), e);
    }
    String type = json.path("peft_type").asText();
    if (!type.equals("LORA")) {
      throw new LlmException(
          "adapter_unsupported",
          file + ": peft_type '" + type + "' is not supported; supported is LORA");
    }
    for (String flag : List.of("use_dora", "lora_bias", "fan_in_fan_out")) {
      refuse(file, flag, json.path(flag).asBoolean(false));
    }
    for (String pattern :
        List.of(
            "rank_pattern",
            "alpha_pattern",
            "modules_to_save",
            "layers_to_transform",
            "trainable_token_indices",
            "target_parameters")) {
      JsonNode value = json.path(pattern);
      refuse(file, pattern, !value.isMissingNode() && !value.isNull() && !value.isEmpty());
    }
    refuse(file, "bias", !json.path("bias").asText("none").equals("none"));
    List<String> targets = new ArrayList<>();
    JsonNode modules = json.path("target_modules");
    if (modules.isTextual()) {
      targets.add(modules.asText());
    } else {
      modules.forEach(module -> targets.add(module.asText()));
    }
    return new LoraConfig(
        json.path("r").asInt(),
        json.path("lora_alpha").asDouble(),
        json.path("lora_dropout").asDouble(0),
        json.path("use_rslora").asBoolean(false),
        LoraConfig.targets(targets));
  }

  private static void refuse(Path file, String field, boolean used) {
    if (used) {
      throw new LlmException(
          "adapter_unsupported", file + ": '" + field + "' is used, which is not supported");
    }
  }
}
