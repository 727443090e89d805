package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** {@code model.safetensors.index.json}: which shard holds which tensor. */
final class SafetensorsIndex {

  /** A plain file name: nothing that leaves the folder, on any platform. */
  private static final Pattern FILE_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.\\-]{0,200}\\.safetensors");

  private SafetensorsIndex() {}

  /** Tensor name to file name; the latter is a plain name. */
  static Map<String, String> read(Path index) {
    ObjectNode json = StrictJson.object(index, "checkpoint_index_invalid");
    if (!(json.get("weight_map") instanceof ObjectNode map) || map.isEmpty()) {
      throw invalid(index, "weight_map must be an object of tensor names and file names");
    }
    var shardOf = new TreeMap<String, String>();
    for (Map.Entry<String, JsonNode> field : map.properties()) {
      String file = field.getValue().textValue();
      if (file == null || !FILE_NAME.matcher(file).matches()) {
        throw invalid(
            index,
            "the file of tensor %s must be a plain .safetensors file name, but is %s"
                .formatted(field.getKey(), field.getValue()));
      }
      shardOf.put(field.getKey(), file);
    }
    return shardOf;
  }

  private static LlmException invalid(Path index, String problem) {
    return new LlmException("checkpoint_index_invalid", "%s: %s".formatted(index, problem));
  }
}
