package io.affinage.reward.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.reward.scoring.ifeval.Instruction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The instructions in a reference, as data sets write them: IFEval's {@code instruction_id_list}
 * beside {@code kwargs}, the same under {@code instruction_id}, each of these alone in a list, or a
 * list of objects with {@code id} and {@code kwargs}.
 */
final class ReferencedInstructions {
  private static final List<String> LISTS = List.of("instruction_id_list", "instruction_id");

  private ReferencedInstructions() {}

  static List<Instruction> of(JsonNode reference) {
    List<Instruction> found = new ArrayList<>();
    if (reference.isArray()) {
      for (JsonNode each : reference) {
        found.addAll(ofObject(each));
      }
    } else {
      found.addAll(ofObject(reference));
    }
    if (found.isEmpty()) {
      throw unknown();
    }
    return found;
  }

  private static List<Instruction> ofObject(JsonNode object) {
    for (String name : LISTS) {
      if (object.path(name).isArray()) {
        return beside(object.get(name), object.path("kwargs"));
      }
    }
    if (!object.path("id").isTextual()) {
      throw unknown();
    }
    return List.of(new Instruction(object.get("id").textValue(), arguments(object.path("kwargs"))));
  }

  private static List<Instruction> beside(JsonNode ids, JsonNode kwargs) {
    if (!kwargs.isArray() || kwargs.size() != ids.size()) {
      throw unknown();
    }
    List<Instruction> found = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      if (!ids.get(i).isTextual()) {
        throw unknown();
      }
      found.add(new Instruction(ids.get(i).textValue(), arguments(kwargs.get(i))));
    }
    return found;
  }

  private static Map<String, JsonNode> arguments(JsonNode kwargs) {
    if (!kwargs.isObject() && !kwargs.isNull() && !kwargs.isMissingNode()) {
      throw unknown();
    }
    Map<String, JsonNode> arguments = new HashMap<>();
    kwargs.properties().forEach(each -> arguments.put(each.getKey(), each.getValue()));
    return arguments;
  }

  private static InvalidRewardException unknown() {
    return new InvalidRewardException(
        "missing_instructions",
        "the reference has no instructions: it takes {\"instruction_id_list\": [...], \"kwargs\":"
            + " [{...}]}, or a list of {\"id\", \"kwargs\"}",
        null);
  }
}
