package io.affinage.llm.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of a model folder beside its weights. Error codes: {@code export_not_written}, {@code
 * tokenizer_missing}.
 */
public final class ModelFolder {

  private static final List<String> TOKENIZER_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja");

  private final Path folder;
  private final ObjectMapper json = new ObjectMapper();

  /** A folder that is made when the first file is written. */
  public ModelFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Writes {@code config.json} and {@code generation_config.json}.
   *
   * @param config of the base model
   * @param weights type of the weights in this folder: F32, F16 or BF16
   */
  public void writeConfig(ModelMetadata config, StorageType weights) {
    ObjectNode written = config.json();
    // Both describe the files of the base, not these.
    written.remove(List.of("quantization_config", "_name_or_path", "dtype"));
    written.put(
        "torch_dtype",
        switch (weights) {
          case F32 -> "float32";
          case F16 -> "float16";
          case BF16 -> "bfloat16";
          default ->
              throw new IllegalArgumentException(
                  "weights are exported as F32, F16 or BF16, not " + weights);
        });
    write("config.json", pretty(written));
    ObjectNode generation = json.createObjectNode().put("_from_model_config", true);
    for (String id : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
      config.field(id).ifPresent(value -> generation.set(id, value));
    }
    write("generation_config.json", pretty(generation));
  }

  /**
   * Copies the tokenizer of a base in Hugging Face's layout, and its {@code generation_config.json}
   * over the one made from the configuration.
   *
   * @return the files copied
   */
  public List<Path> copyTokenizer(Path base) {
    if (!Files.exists(base.resolve("tokenizer.json"))
        && !Files.exists(base.resolve("tokenizer.model"))) {
      throw new LlmException(
          "tokenizer_missing",
          "%s holds neither tokenizer.json nor tokenizer.model: a model cannot be used without"
              .formatted(base));
    }
    var names = new ArrayList<>(TOKENIZER_FILES);
    names.add("generation_config.json");
    var copied = new ArrayList<Path>();
    for (String name : names) {
      if (Files.exists(base.resolve(name))) {
        Path target = folder.resolve(name);
        try {
          Files.createDirectories(folder);
          Files.copy(base.resolve(name), target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
          throw notWritten(target, e);
        }
        copied.add(target);
      }
    }
    return copied;
  }

  /** Writes a tokenizer that has no files to copy, such as that of a GGUF base. */
  public void writeTokenizer(TokenizerDefinition tokenizer) {
    try {
      Files.createDirectories(folder);
      tokenizer.writeTo(folder);
    } catch (IOException e) {
      throw notWritten(folder, e);
    }
  }

  /** Writes {@code README.md}. */
  public void writeCard(ModelCard card) {
    write("README.md", card.markdown());
  }

  private String pretty(ObjectNode node) {
    return node.toPrettyString() + "\n";
  }

  private void write(String name, String text) {
    Path part = folder.resolve(name + ".part");
    try {
      Files.createDirectories(folder);
      Files.writeString(part, text);
      Files.move(
          part,
          folder.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw notWritten(folder.resolve(name), e);
    }
  }

  private static LlmException notWritten(Path file, IOException e) {
    return new LlmException(
        "export_not_written", "%s cannot be written: %s".formatted(file, e.getMessage()), e);
  }
}
