package io.affinage.llm.adapter.prompt;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.PeftSource;
import io.affinage.llm.adapter.VirtualTokenFields;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderShape;

/** Prompt tuning's PEFT configuration. */
public final class PromptType implements AdapterType {

  @Override
  public String name() {
    return PromptAdapter.TYPE;
  }

  @Override
  public String peftType() {
    return "PROMPT_TUNING";
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    PeftFields fields = source.fields();
    fields.text("peft_type");
    source.requireCausal(PeftConfig.Base.read(fields));
    int tokens = VirtualTokenFields.read(source.folder(), fields);
    String initial = fields.text("prompt_tuning_init").orElse("RANDOM");
    String text = fields.text("prompt_tuning_init_text").orElse("");
    // What the values began with lies in the file no more; sizes are checked by the array's.
    fields.text("tokenizer_name_or_path");
    fields.take("tokenizer_kwargs");
    fields.flag("inference_mode");
    fields.requireRestNeutral();
    return PromptAdapter.of(
        decoder, new PromptConfig(tokens, initialisation(source, initial, text)), source);
  }

  private static PromptInitialisation initialisation(PeftSource source, String name, String text) {
    return switch (name) {
      case "RANDOM" -> new PromptInitialisation.Random();
      case "SAMPLE_VOCAB" -> new PromptInitialisation.SampledVocabulary();
      case "TEXT" -> new PromptInitialisation.Text(text, new int[0]);
      default ->
          throw new LlmException(
              "adapter_config_unsupported",
              "%s: prompt_tuning_init %s is not supported; there are RANDOM, SAMPLE_VOCAB, TEXT"
                  .formatted(source.folder(), name));
    };
  }

  static ObjectNode write(PromptConfig config, DecoderShape shape, String baseModel) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    PeftConfig.Base.causal(baseModel).write(json, "PROMPT_TUNING");
    VirtualTokenFields.write(
        json, config.virtualTokens(), shape.layers(), shape.heads(), shape.hiddenSize());
    json.put("prompt_tuning_init", config.initialisation().peftName());
    json.putNull("tokenizer_kwargs");
    if (config.initialisation() instanceof PromptInitialisation.Text text) {
      // PEFT refuses TEXT without both, though it no longer reads them.
      json.put("prompt_tuning_init_text", text.text());
      json.put("tokenizer_name_or_path", baseModel);
    } else {
      json.putNull("prompt_tuning_init_text");
      json.putNull("tokenizer_name_or_path");
    }
    return json;
  }
}
