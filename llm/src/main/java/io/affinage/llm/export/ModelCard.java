package io.affinage.llm.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model's {@code README.md} as Hugging Face shows it: YAML front matter, then data, settings,
 * metrics and lineage in words and tables.
 *
 * @param name of the model
 * @param baseModel what it was tuned from: a hub id, a path or a registered model
 * @param dataset what it learned from
 * @param license an SPDX id, where it is known
 * @param settings of the training, by name
 * @param metrics numbers by name
 * @param lineage digests and versions by name: what the model can be made again from
 * @param notes sentences on what differs from the model it was made from
 * @see <a href="https://huggingface.co/docs/hub/model-cards">Model cards</a>
 */
public record ModelCard(
    String name,
    Optional<String> baseModel,
    Optional<String> dataset,
    Optional<String> license,
    Map<String, String> settings,
    Map<String, Double> metrics,
    Map<String, String> lineage,
    List<String> notes) {

  private static final String GENERATION = "text-generation";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern HUB_ID = Pattern.compile("[\\w.-]{1,96}/[\\w.-]{1,96}");

  public ModelCard {
    settings = new TreeMap<>(settings);
    metrics = new TreeMap<>(metrics);
    lineage = new TreeMap<>(lineage);
    notes = List.copyOf(notes);
  }

  /** A card that knows only the name. */
  public static ModelCard named(String name) {
    return new ModelCard(
        name,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Map.of(),
        Map.of(),
        List.of());
  }

  /** The same with more notes. */
  ModelCard noting(List<String> more) {
    return new ModelCard(
        name,
        baseModel,
        dataset,
        license,
        settings,
        metrics,
        lineage,
        Stream.concat(notes.stream(), more.stream()).distinct().toList());
  }

  /** The file's text, of a whole model. */
  public String markdown() {
    return markdown("transformers", GENERATION, List.of());
  }

  /**
   * The file's text, of a reward model.
   *
   * @param library that opens it: {@code transformers}, or {@code peft} for an adapter
   */
  String rewardModelMarkdown(String library) {
    return markdown(
        library,
        "text-classification",
        List.of(
            "A reward model: its one label is the score of a text, read at the last token that is no padding. It writes nothing.",
            "Texts are scored as they were learned, which `reward_model.json` says: with `rendering` `chat` prompt and answer through the chat template, with `completion` the answer behind the prompt and the end-of-text token. Batches are padded with the tokenizer's padding token, which no text has and which may be another than the base's: set `model.config.pad_token_id = tokenizer.pad_token_id`."));
  }

  /**
   * The file's text, of an adapter.
   *
   * @param inPeft whether PEFT opens it
   */
  String adapterMarkdown(boolean inPeft) {
    return markdown(inPeft ? "peft" : "affinage", GENERATION, List.of());
  }

  private String markdown(String library, String pipeline, List<String> about) {
    List<String> lines = new ArrayList<>();
    frontMatter(library, pipeline, lines);
    lines.add("");
    lines.add("# " + oneLine(name));
    lines.add("");
    lines.add("Made with Affinage.");
    baseModel.ifPresent(base -> lines.add("Tuned from " + code(base) + "."));
    dataset.ifPresent(data -> lines.add("Trained on " + code(data) + "."));
    about.forEach(note -> lines.addAll(List.of("", note)));
    notes.forEach(note -> lines.addAll(List.of("", oneLine(note))));
    table(lines, "Settings", "setting", settings);
    Map<String, String> numbers = new TreeMap<>();
    metrics.forEach((key, value) -> numbers.put(key, number(value)));
    table(lines, "Metrics", "metric", numbers);
    table(lines, "Lineage", "what", lineage);
    return String.join("\n", lines) + "\n";
  }

  /** JSON texts are YAML, so nothing in a name can break out. */
  private void frontMatter(String library, String pipeline, List<String> lines) {
    lines.add("---");
    lines.add("library_name: " + library);
    lines.add("pipeline_tag: " + pipeline);
    lines.add("tags:");
    lines.add("- affinage");
    license.ifPresent(id -> lines.add("license: " + quoted(id)));
    baseModel
        .filter(base -> HUB_ID.matcher(base).matches())
        .ifPresent(base -> lines.add("base_model: " + quoted(base)));
    dataset
        .filter(data -> HUB_ID.matcher(data).matches())
        .ifPresent(
            data -> {
              lines.add("datasets:");
              lines.add("- " + quoted(data));
            });
    if (!metrics.isEmpty()) {
      lines.add("model-index:");
      lines.add("- name: " + quoted(name));
      lines.add("  results:");
      lines.add("  - task:");
      lines.add("      type: " + pipeline);
      lines.add("    dataset:");
      lines.add("      name: " + quoted(dataset.orElse("unnamed")));
      lines.add("      type: " + quoted(dataset.orElse("unnamed")));
      lines.add("    metrics:");
      metrics.forEach(
          (metric, value) -> {
            lines.add("    - type: " + quoted(metric));
            lines.add("      value: " + number(value));
          });
    }
    lines.add("---");
  }

  private static void table(
      List<String> lines, String title, String head, Map<String, String> rows) {
    if (rows.isEmpty()) {
      return;
    }
    lines.addAll(List.of("", "## " + title, "", "| " + head + " | value |", "|---|---|"));
    rows.forEach((key, value) -> lines.add("| " + cell(key) + " | " + cell(value) + " |"));
  }

  private static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ");
  }

  private static String cell(String text) {
    return oneLine(text).replace("|", "\\|");
  }

  private static String code(String text) {
    return "`" + oneLine(text).replace("`", "'") + "`";
  }

  private static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
