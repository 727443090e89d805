package io.affinage.llm.export;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The model card: {@code README.md} with Hugging Face's YAML header, and where the model comes
 * from.
 *
 * @param title name of the model
 * @param baseModel id or file of the base
 * @param license licence of the base, where known
 * @param tags for the hub's search
 * @param adapter whether the folder is a PEFT adapter; a full model otherwise
 * @param lineage what it was made from and how, in order of importance: dataset, digests, recipe,
 *     seed, code version
 * @param results measures and their values, as text
 */
public record ModelCard(
    String title,
    String baseModel,
    Optional<String> license,
    List<String> tags,
    boolean adapter,
    List<Fact> lineage,
    Map<String, String> results) {

  /** One line of the lineage table. */
  public record Fact(String name, String value) {}

  public ModelCard {
    tags = List.copyOf(tags);
    lineage = List.copyOf(lineage);
    results = Map.copyOf(results);
  }

  /**
   * The text of {@code README.md}. Values from outside cannot break out of the header or a table.
   */
  public String markdown() {
    var text = new StringBuilder("---\n");
    text.append("base_model: ").append(quoted(baseModel)).append('\n');
    text.append("library_name: ").append(adapter ? "peft" : "transformers").append('\n');
    license.ifPresent(value -> text.append("license: ").append(quoted(value)).append('\n'));
    text.append("pipeline_tag: text-generation\n");
    if (!tags.isEmpty()) {
      text.append("tags:\n");
      tags.forEach(tag -> text.append("- ").append(quoted(tag)).append('\n'));
    }
    text.append("---\n\n# ").append(line(title)).append("\n\n");
    text.append(adapter ? "A LoRA adapter for " : "A fine-tuned version of ")
        .append(code(baseModel))
        .append(".\n");
    if (!results.isEmpty()) {
      text.append("\n## Results\n\n| measure | value |\n|---|---|\n");
      new TreeMap<>(results).forEach((name, value) -> row(text, name, value));
    }
    if (!lineage.isEmpty()) {
      text.append("\n## Lineage\n\n| | |\n|---|---|\n");
      lineage.forEach(fact -> row(text, fact.name(), fact.value()));
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String name, String value) {
    text.append("| ").append(line(name)).append(" | ").append(line(value)).append(" |\n");
  }

  private static String quoted(String value) {
    return '"'
        + value.replaceAll("[\\p{Cntrl}]+", " ").replace("\\", "\\\\").replace("\"", "\\\"")
        + '"';
  }

  private static String line(String value) {
    return value.replaceAll("\\p{Cntrl}+", " ").replace("|", "\\|").replace("<", "&lt;");
  }

  private static String code(String value) {
    return "`" + value.replaceAll("[\\p{Cntrl}`]+", " ") + "`";
  }
}
