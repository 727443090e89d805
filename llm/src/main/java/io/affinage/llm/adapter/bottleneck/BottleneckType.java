package io.affinage.llm.adapter.bottleneck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.PeftSource;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;

/**
 * Files of bottleneck adapters, laid out as PEFT's are. PEFT itself has no such method, and refuses
 * the {@code peft_type}; names of fields and arrays are those of AdapterHub's {@code adapters}
 * library, whose files are of another layout.
 */
public final class BottleneckType implements AdapterType {

  @Override
  public String name() {
    return BottleneckAdapter.TYPE;
  }

  @Override
  public String peftType() {
    return "BOTTLENECK";
  }

  @Override
  public boolean isInPeft() {
    return false;
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    PeftFields fields = source.fields();
    fields.text("peft_type");
    source.requireCausal(PeftConfig.Base.read(fields));
    JsonNode factor = fields.take("reduction_factor");
    if (!factor.isNumber()) {
      throw invalid(source, "reduction_factor must be a number, but is " + factor);
    }
    String nonLinearity = fields.text("non_linearity").orElse("missing");
    BottleneckConfig config =
        new BottleneckConfig(
            factor.doubleValue(),
            Nonlinearity.named(nonLinearity)
                .orElseThrow(
                    () ->
                        invalid(
                            source,
                            "non_linearity %s does not exist here; there are %s"
                                .formatted(nonLinearity, Nonlinearity.names()))),
            fields.flag("mh_adapter"),
            fields.flag("output_adapter"));
    fields.flag("inference_mode");
    fields.requireRestNeutral();
    return BottleneckAdapter.of(decoder, config, source);
  }

  private static LlmException invalid(PeftSource source, String what) {
    return new LlmException("adapter_config_invalid", source.folder() + ": " + what);
  }

  static ObjectNode write(BottleneckConfig config, String baseModel) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    PeftConfig.Base.causal(baseModel).write(json, "BOTTLENECK");
    json.put("mh_adapter", config.afterAttention());
    json.put("non_linearity", config.nonLinearity().fileName());
    json.put("output_adapter", config.afterFeedForward());
    double factor = config.reductionFactor();
    if (factor == Math.rint(factor)) {
      json.put("reduction_factor", (long) factor);
    } else {
      json.put("reduction_factor", factor);
    }
    return json;
  }
}
