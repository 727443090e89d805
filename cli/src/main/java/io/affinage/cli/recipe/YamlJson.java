package io.affinage.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** YAML as JSON: what a recipe hands on without knowing its fields. */
final class YamlJson {
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());

  private YamlJson() {}

  /**
   * @throws IllegalArgumentException for what JSON has not: other keys than texts, keys given
   *     twice, a node within itself, .inf and .nan
   */
  static JsonNode of(Node node) {
    return new YamlJson().convert(node);
  }

  private JsonNode convert(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar(scalar);
    }
    if (!open.add(node)) {
      throw new IllegalArgumentException("refers to itself");
    }
    JsonNode converted;
    if (node instanceof SequenceNode sequence) {
      ArrayNode array = NODES.arrayNode();
      sequence.getValue().forEach(each -> array.add(convert(each)));
      converted = array;
    } else {
      ObjectNode object = NODES.objectNode();
      for (NodeTuple pair : ((MappingNode) node).getValue()) {
        if (!(pair.getKeyNode() instanceof ScalarNode name)) {
          throw new IllegalArgumentException("has a name that is no text");
        }
        if (object.replace(name.getValue(), convert(pair.getValueNode())) != null) {
          throw new IllegalArgumentException("has '%s' twice".formatted(name.getValue()));
        }
      }
      converted = object;
    }
    open.remove(node);
    return converted;
  }

  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return NODES.nullNode();
    }
    if (tag.equals(Tag.BOOL)) {
      return NODES.booleanNode(Set.of("true", "yes", "on").contains(text.toLowerCase(Locale.ROOT)));
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      try {
        JsonNode number = JSON.readTree(text);
        if (number.isNumber()) {
          return number;
        }
      } catch (JsonProcessingException e) {
        // Told below.
      }
      throw new IllegalArgumentException("'%s' is no number that JSON has".formatted(text));
    }
    return NODES.textNode(text);
  }
}
