package io.affinage.llm.adapter.ia3;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterType;
import io.affinage.llm.adapter.PeftSource;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.LinearLayer;
import java.util.List;

/** IA3's PEFT configuration. */
public final class Ia3Type implements AdapterType {

  @Override
  public String name() {
    return Ia3Adapter.TYPE;
  }

  @Override
  public String peftType() {
    return "IA3";
  }

  @Override
  public Adapter load(Decoder decoder, PeftSource source) {
    PeftFields fields = source.fields();
    fields.text("peft_type");
    source.requireCausal(PeftConfig.Base.read(fields));
    List<String> targets = fields.texts("target_modules");
    List<String> feedForward = fields.texts("feedforward_modules");
    // How a layer stores its weight decides, as in PEFT; the vectors' first values lie in the file.
    fields.flag("fan_in_fan_out");
    fields.flag("init_ia3_weights");
    fields.flag("inference_mode");
    fields.requireRestNeutral();
    return Ia3Adapter.of(decoder, new Ia3Config(targets, feedForward), source);
  }

  static ObjectNode write(Ia3Config config, List<LinearLayer> targets, String baseModel) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    PeftConfig.Base.causal(baseModel).write(json, "IA3");
    json.putNull("exclude_modules");
    json.put("fan_in_fan_out", targets.stream().anyMatch(LinearLayer::transposed));
    put(json.putArray("feedforward_modules"), config.feedForwardModules());
    json.put("init_ia3_weights", true);
    json.putNull("modules_to_save");
    put(json.putArray("target_modules"), config.targetModules());
    return json;
  }

  private static void put(ArrayNode array, List<String> texts) {
    texts.stream().sorted().forEach(array::add);
  }
}
