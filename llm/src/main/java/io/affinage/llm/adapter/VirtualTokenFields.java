package io.affinage.llm.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;

/** The fields that PEFT's configurations of methods with virtual tokens have in common. */
public final class VirtualTokenFields {
  private VirtualTokenFields() {}

  /**
   * Reads the number of virtual tokens. The model's sizes are left to the arrays, which have them
   * too.
   *
   * @throws LlmException {@code adapter_config_invalid}, {@code adapter_config_unsupported}
   */
  public static int read(Path folder, PeftFields fields) {
    fields.take("token_dim");
    fields.take("num_layers");
    fields.take("num_attention_heads");
    if (fields.number("num_transformer_submodules", 1) != 1) {
      throw new LlmException(
          "adapter_config_unsupported",
          folder + ": num_transformer_submodules is not 1, so it is of an encoder with a decoder");
    }
    JsonNode tokens = fields.take("num_virtual_tokens");
    if (!tokens.isInt() || tokens.intValue() < 1) {
      throw new LlmException(
          "adapter_config_invalid",
          "%s: num_virtual_tokens must be a whole number of at least 1, but is %s"
              .formatted(folder, tokens));
    }
    return tokens.intValue();
  }

  /**
   * Writes them.
   *
   * @param heads PEFT's {@code num_attention_heads}
   * @param width PEFT's {@code token_dim}
   */
  public static void write(ObjectNode json, int tokens, int layers, int heads, int width) {
    json.putNull("modules_to_save");
    json.put("num_attention_heads", heads);
    json.put("num_layers", layers);
    json.put("num_transformer_submodules", 1);
    json.put("num_virtual_tokens", tokens);
    json.put("token_dim", width);
  }
}
