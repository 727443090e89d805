package io.affinage.llm.export;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What {@link ExportTool} is asked for, as JSON.
 *
 * @param base a model folder or GGUF file
 * @param adapter a PEFT folder whose adapter is merged in; null for the base as it is
 * @param target a new folder
 * @param format {@code hf}, {@code gguf}, {@code gguf-adapter} or {@code peft}
 * @param type {@code f32}, {@code f16}, {@code bf16}, and for GGUF also {@code q8_0}, {@code q4_0},
 *     {@code q4_1}, {@code q4_k_m}; null for {@code bf16} (hf) or {@code f16} (gguf)
 * @param shardBytes the most bytes of a file of weights; null for 5 GB
 * @param device where the model is asked; null for {@code auto}
 * @param name of the model
 * @param baseName what it was tuned from; null for nothing
 * @param dataset what it learned from; null for unknown
 * @param settings of its training
 * @param metrics of its training
 * @param lineage what it can be made again from
 * @param notes sentences on its training that its card is to tell; null for none
 * @param trained the form that the base had when the adapter was trained ({@code nf4}, {@code
 *     nf4-double}), whose numbers the adapter is added to; null for plain
 */
record ExportRequest(
    String base,
    String adapter,
    String target,
    String format,
    String type,
    Long shardBytes,
    String device,
    String name,
    String baseName,
    String dataset,
    Map<String, String> settings,
    Map<String, Double> metrics,
    Map<String, String> lineage,
    List<String> notes,
    String trained) {

  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(ExportRequest.class);

  /**
   * @throws LlmException {@code export_request_invalid}
   */
  static ExportRequest read(InputStream in) {
    ExportRequest request;
    try {
      request = READER.readValue(in);
    } catch (IOException e) {
      throw new LlmException(
          "export_request_invalid", "the request cannot be read: " + e.getMessage(), e);
    }
    if (request.base == null || request.target == null || request.name == null) {
      throw new LlmException("export_request_invalid", "the request needs base, target and name");
    }
    return request;
  }

  /** Checks format and type before anything is loaded, then exports. */
  Exported run() {
    Path folder = Path.of(target);
    switch (format == null ? "" : format) {
      case "hf" -> {
        StorageType storage = plainType();
        long most = shardBytes == null ? ModelExport.SHARD_BYTES : shardBytes;
        return isRewardModel()
            ? RewardExport.ofFiles(
                Path.of(base),
                trainedForm(),
                Optional.ofNullable(adapter).map(Path::of),
                folder,
                card(),
                device,
                storage,
                most)
            : export().huggingFace(folder, storage, most);
      }
      case "gguf" -> {
        requireLanguageModel();
        GgufMix mix = GgufMix.of(type == null ? "f16" : type);
        return export().gguf(folder, mix);
      }
      case "gguf-adapter" -> {
        requireLanguageModel();
        return export().ggufAdapter(folder);
      }
      case "peft" -> {
        if (adapter == null || baseName == null) {
          throw new LlmException(
              "export_request_invalid", "an adapter's export needs adapter and baseName");
        }
        return PeftExport.write(Path.of(base), Path.of(adapter), folder, baseName, card());
      }
      default ->
          throw new LlmException(
              "export_type_unsupported",
              "format '%s' does not exist; there are hf, gguf, gguf-adapter, peft"
                  .formatted(format));
    }
  }

  private boolean isRewardModel() {
    return adapter == null
        ? RewardModel.isWhole(Path.of(base))
        : RewardModel.isAdapter(Path.of(adapter));
  }

  private void requireLanguageModel() {
    if (isRewardModel()) {
      throw new LlmException(
          "model_is_reward_model",
          "%s is a reward model, which gives texts scores, and GGUF files are read by programs that write texts: export it as hf (a model for sequence classification) or peft"
              .formatted(name));
    }
  }

  private StorageType plainType() {
    String wanted = type == null ? "bf16" : type.toLowerCase(Locale.ROOT);
    return switch (wanted) {
      case "f32" -> StorageType.F32;
      case "f16" -> StorageType.F16;
      case "bf16" -> StorageType.BF16;
      default ->
          throw new LlmException(
              "export_type_unsupported",
              "a Hugging Face folder is written as f32, f16 or bf16, not as '%s'".formatted(type));
    };
  }

  private ModelExport export() {
    return ModelExport.ofFiles(
        Path.of(base),
        trainedForm(),
        Optional.ofNullable(adapter).map(Path::of),
        Compute.of(device, "auto"),
        card());
  }

  private WeightForm trainedForm() {
    return trained == null ? WeightForm.PLAIN : WeightForm.named(trained);
  }

  private ModelCard card() {
    return new ModelCard(
        name,
        Optional.ofNullable(baseName).map(each -> BaseName.of(each).nameOrPath()),
        Optional.ofNullable(dataset),
        Optional.empty(),
        orEmpty(settings),
        orEmpty(metrics),
        orEmpty(lineage),
        notes == null ? List.of() : notes);
  }

  private static <V> Map<String, V> orEmpty(Map<String, V> map) {
    return map == null ? Map.of() : map;
  }
}
