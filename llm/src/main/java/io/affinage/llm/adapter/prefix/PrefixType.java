package io.affinage.llm.adapter.prefix;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.PeftSource;
import io.affinage.llm.adapter.VirtualTokenFields;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.DecoderShape;

/** Prefix tuning's PEFT configuration. */
public final class PrefixType implements AdapterType {

  @Override
  public String name() {
    return PrefixAdapter.TYPE;
  }

  @Override
  public String peftType() {
    return "PREFIX_TUNING";
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    PeftFields fields = source.fields();
    fields.text("peft_type");
    source.requireCausal(PeftConfig.Base.read(fields));
    int tokens = VirtualTokenFields.read(source.folder(), fields);
    // Of a projection PEFT stores what it came to, so that it says nothing about the values; nor
    // does what they began with.
    fields.flag("prefix_projection");
    fields.take("encoder_hidden_size");
    fields.text("init_weights");
    fields.flag("inference_mode");
    fields.requireRestNeutral();
    return PrefixAdapter.of(decoder, new PrefixConfig(tokens), source);
  }

  static ObjectNode write(PrefixConfig config, DecoderShape shape, String baseModel) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    PeftConfig.Base.causal(baseModel).write(json, "PREFIX_TUNING");
    int width = shape.kvHeads() * shape.headDim();
    VirtualTokenFields.write(json, config.virtualTokens(), shape.layers(), shape.kvHeads(), width);
    json.put("encoder_hidden_size", width);
    json.putNull("init_weights");
    json.put("prefix_projection", false);
    return json;
  }
}
