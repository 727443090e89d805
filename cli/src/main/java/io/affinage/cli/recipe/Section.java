package io.affinage.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.cli.recipe.RecipeException.Problem;
import io.affinage.events.spec.NearestName;
import io.affinage.events.spec.Range;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A mapping of the recipe. Getters note what is wrong and go on, so that one reading finds every
 * problem; they give null for what is absent or wrong.
 */
final class Section {
  /** A bound that only keeps out what cannot be meant. */
  static final double UNBOUNDED = 1e9;

  private final String path;
  private final int line;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final List<Problem> problems;

  private Section(String path, int line, List<Problem> problems) {
    this.path = path;
    this.line = line;
    this.problems = problems;
  }

  /** The section of a node; an empty one, and a problem, when it is no mapping. */
  static Section of(String path, Node node, List<Problem> problems) {
    Section section = new Section(path, lineOf(node), problems);
    if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        String key =
            entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "(not a name)";
        if (section.entries.put(key, entry) != null) {
          section.problem(entry.getKeyNode(), key, "is given twice");
        }
      }
    } else {
      problems.add(
          new Problem(
              section.line,
              (path.isEmpty() ? "the recipe" : path) + ": must be a mapping of names"));
    }
    return section;
  }

  static int lineOf(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  boolean has(String key) {
    known.add(key);
    return entries.containsKey(key);
  }

  /** Whether there is a value. */
  boolean isGiven(String key) {
    return value(key) != null;
  }

  /** The name by which a setting is given here, of those that it has; the first where none is. */
  String oneNameOf(String name, List<String> others) {
    known.add(name);
    String found = name;
    for (String other : others) {
      if (entries.containsKey(other)) {
        known.add(other);
        if (entries.containsKey(found)) {
          problem(other, "is given beside " + found + ", which is the same");
        } else {
          found = other;
        }
      }
    }
    return found;
  }

  /** Notes that a name is missing or that values do not go together. */
  void problem(String message) {
    problems.add(new Problem(line, path.isEmpty() ? message : path + ": " + message));
  }

  void problem(String key, String message) {
    NodeTuple entry = entries.get(key);
    problem(entry == null ? null : entry.getValueNode(), key, message);
  }

  private void problem(Node node, String key, String message) {
    problems.add(new Problem(node == null ? line : lineOf(node), pathOf(key) + ": " + message));
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private Node value(String key) {
    known.add(key);
    NodeTuple entry = entries.get(key);
    if (entry == null || entry.getValueNode().getTag().equals(Tag.NULL)) {
      return null;
    }
    return entry.getValueNode();
  }

  private ScalarNode scalar(String key, String expected) {
    Node node = value(key);
    if (node == null) {
      return null;
    }
    if (node instanceof ScalarNode scalar) {
      return scalar;
    }
    problem(node, key, "expected " + expected);
    return null;
  }

  String text(String key) {
    ScalarNode node = scalar(key, "text");
    return node == null ? null : node.getValue();
  }

  Boolean flag(String key) {
    ScalarNode node = scalar(key, "true or false");
    if (node == null) {
      return null;
    }
    if (!node.getTag().equals(Tag.BOOL)) {
      problem(node, key, "expected true or false, found '" + node.getValue() + "'");
      return null;
    }
    return List.of("true", "yes", "on").contains(node.getValue().toLowerCase(Locale.ROOT));
  }

  /** A number that a setting may have. */
  Double number(String key, Range range) {
    return number(key, "expected a number " + range, range.least(), range.most());
  }

  /** A number in [low, high]. */
  Double number(String key, double low, double high) {
    String expected =
        low <= -UNBOUNDED
            ? "expected a number"
            : high >= UNBOUNDED
                ? "expected a number from " + plain(low)
                : "expected a number from " + plain(low) + " to " + plain(high);
    return number(key, expected, low, high);
  }

  private Double number(String key, String expected, double low, double high) {
    ScalarNode node = scalar(key, expected);
    if (node == null) {
      return null;
    }
    try {
      double value = Double.parseDouble(node.getValue());
      if (value >= low && value <= high) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    problem(node, key, expected + ", found '" + node.getValue() + "'");
    return null;
  }

  /** A whole number in [low, high]. */
  Long whole(String key, long low, long high) {
    String expected = "expected a whole number from " + low + " to " + high;
    ScalarNode node = scalar(key, expected);
    if (node == null) {
      return null;
    }
    try {
      long value = Long.parseLong(node.getValue().replace("_", ""));
      if (value >= low && value <= high) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    problem(node, key, expected + ", found '" + node.getValue() + "'");
    return null;
  }

  /** A whole number from {@code low} that fits 31 bits. */
  Integer count(String key, int low) {
    Long value = whole(key, low, Integer.MAX_VALUE);
    return value == null ? null : value.intValue();
  }

  /** A whole number that a setting may have, and that fits 31 bits. */
  Integer count(String key, Range range) {
    Long value =
        whole(
            key,
            (long) Math.max(range.least(), Integer.MIN_VALUE),
            (long) Math.min(range.most(), Integer.MAX_VALUE));
    return value == null ? null : value.intValue();
  }

  /** One of some words. */
  String word(String key, List<String> words) {
    ScalarNode node = scalar(key, "one of " + String.join(", ", words));
    if (node == null) {
      return null;
    }
    if (!words.contains(node.getValue())) {
      problem(node, key, expectedOneOf(words, node.getValue()));
      return null;
    }
    return node.getValue();
  }

  /** A list of some words; one word counts as a list of one. */
  List<String> words(String key, List<String> words) {
    List<String> found = texts(key);
    if (found != null) {
      found.stream()
          .filter(word -> !words.contains(word))
          .forEach(word -> problem(key, expectedOneOf(words, word)));
    }
    return found;
  }

  private static String expectedOneOf(List<String> words, String found) {
    return "expected one of %s, found '%s'%s"
        .formatted(String.join(", ", words), found, NearestName.suggestion(found, words));
  }

  /** A list of texts; one text counts as a list of one. */
  List<String> texts(String key) {
    Node node = value(key);
    if (node == null) {
      return null;
    }
    if (node instanceof ScalarNode scalar) {
      return List.of(scalar.getValue());
    }
    List<String> texts = new ArrayList<>();
    if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        if (item instanceof ScalarNode scalar) {
          texts.add(scalar.getValue());
        } else {
          problem(item, key, "expected a list of texts");
        }
      }
    } else {
      problem(node, key, "expected a list of texts");
    }
    return texts;
  }

  /** Name to text. */
  Map<String, String> textByName(String key) {
    Section inside = section(key);
    if (inside == null) {
      return null;
    }
    Map<String, String> result = new LinkedHashMap<>();
    for (String name : inside.entries.keySet()) {
      String text = inside.text(name);
      if (text != null) {
        result.put(name, text);
      }
    }
    return result;
  }

  /** Whatever stands there, as JSON; null when absent. */
  JsonNode json(String key) {
    Node node = value(key);
    if (node == null) {
      return null;
    }
    try {
      return YamlJson.of(node);
    } catch (IllegalArgumentException e) {
      problem(node, key, e.getMessage());
      return null;
    }
  }

  /** A mapping of names to whatever they have, as JSON; null when absent. */
  Map<String, JsonNode> jsonByName(String key) {
    JsonNode given = json(key);
    if (given == null) {
      return null;
    }
    if (!given.isObject()) {
      problem(key, "must be a mapping of names");
      return null;
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    given.properties().forEach(each -> values.put(each.getKey(), each.getValue()));
    return values;
  }

  /** Whether a mapping stands there. */
  boolean isSection(String key) {
    return value(key) instanceof MappingNode;
  }

  /** A mapping inside; null when absent. */
  Section section(String key) {
    Node node = value(key);
    return node == null ? null : of(pathOf(key), node, problems);
  }

  /** The items of a list of mappings; empty when absent. */
  List<Section> sections(String key) {
    Node node = value(key);
    List<Section> items = new ArrayList<>();
    if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        items.add(of("%s[%d]".formatted(pathOf(key), items.size() + 1), item, problems));
      }
    } else if (node != null) {
      problem(node, key, "expected a list");
    }
    return items;
  }

  /**
   * An item of a mixed list: a text or a mapping.
   *
   * @param text null for a mapping
   * @param section null for a text
   */
  record Item(String text, Section section) {}

  /** The items of a list, or the one that stands in its place; empty when absent. */
  List<Item> items(String key) {
    Node node = value(key);
    List<Node> nodes = new ArrayList<>();
    if (node instanceof SequenceNode sequence) {
      nodes.addAll(sequence.getValue());
    } else if (node != null) {
      nodes.add(node);
    }
    List<Item> items = new ArrayList<>();
    for (Node item : nodes) {
      String at = "%s[%d]".formatted(pathOf(key), items.size() + 1);
      items.add(
          item instanceof ScalarNode scalar
              ? new Item(scalar.getValue(), null)
              : new Item(null, of(at, item, problems)));
    }
    return items;
  }

  /** Notes every name that no getter asked for. */
  void close() {
    entries.forEach(
        (key, entry) -> {
          if (!known.contains(key)) {
            problem(entry.getKeyNode(), key, "is not known here" + NearestName.hint(key, known));
          }
        });
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
