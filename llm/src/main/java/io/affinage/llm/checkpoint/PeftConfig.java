package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * PEFT's {@code adapter_config.json} of a LoRA adapter. Reading refuses what is not represented
 * here and would change the adapter's meaning; fields of that kind may be there with their neutral
 * value (null, false, empty).
 *
 * <p>Error codes: {@code adapter_config_missing}, {@code adapter_config_invalid}, {@code
 * adapter_config_unsupported}, {@code adapter_not_written}.
 *
 * @param base the model that the adapter belongs to
 * @param targets the modules it changes
 * @param rank its sizes
 * @param variant which form of LoRA it is
 * @param modulesToSave modules that are trained and stored whole
 * @param inferenceMode whether PEFT loads it frozen; true for a finished adapter
 */
public record PeftConfig(
    Base base,
    Targets targets,
    Rank rank,
    Variant variant,
    List<String> modulesToSave,
    boolean inferenceMode) {

  /** The file's name in an adapter folder. */
  public static final String FILE = "adapter_config.json";

  /** The version of PEFT whose format is written. */
  private static final String PEFT_VERSION = "0.18.0";

  /**
   * Fields that say nothing about the adapter itself, or only matter beside another that must be
   * neutral.
   */
  public static final Set<String> IRRELEVANT =
      Set.of(
          "auto_mapping",
          "peft_version",
          "megatron_core",
          "qalora_group_size",
          "runtime_config",
          // How A was first filled, no more: what it came to lies in the weights.
          "eva_config");

  /**
   * @param nameOrPath id or folder of the base model
   * @param revision of the base model
   * @param taskType such as {@code CAUSAL_LM}
   */
  public record Base(String nameOrPath, Optional<String> revision, String taskType) {
    /** Of a language model. */
    public static Base causal(String nameOrPath) {
      return new Base(nameOrPath, Optional.empty(), "CAUSAL_LM");
    }

    /** Reads what every type of adapter says of its base. */
    public static Base read(PeftFields fields) {
      return new Base(
          fields.text("base_model_name_or_path").orElse(""),
          fields.text("revision"),
          fields.text("task_type").orElse("CAUSAL_LM"));
    }

    /** Writes what every type of adapter says of itself and its base. */
    public void write(ObjectNode json, String peftType) {
      json.putNull("auto_mapping");
      json.put("base_model_name_or_path", nameOrPath);
      json.put("inference_mode", true);
      json.put("peft_type", peftType);
      json.put("peft_version", PEFT_VERSION);
      json.put("revision", revision.orElse(null));
      json.put("task_type", taskType);
    }
  }

  /**
   * @param modules ends of module names, such as {@code q_proj}; empty where {@code pattern} is
   *     given
   * @param pattern a regular expression over whole module names, or {@code all-linear}
   * @param excluded ends of module names that are left out
   * @param layers the layers that are changed; empty for all
   * @param layersPattern name of the list of layers, such as {@code layers}
   * @param transposed whether the modules store their weights as [in, out], as GPT-2's do ({@code
   *     fan_in_fan_out})
   */
  public record Targets(
      List<String> modules,
      Optional<String> pattern,
      List<String> excluded,
      List<Integer> layers,
      Optional<String> layersPattern,
      boolean transposed) {

    public Targets {
      modules = List.copyOf(modules);
      excluded = List.copyOf(excluded);
      layers = List.copyOf(layers);
      if (modules.isEmpty() == pattern.isEmpty()) {
        throw new IllegalArgumentException("either target modules or a pattern");
      }
    }

    /** Every module whose whole name a regular expression matches. */
    public static Targets matching(String pattern, boolean transposed) {
      return new Targets(
          List.of(), Optional.of(pattern), List.of(), List.of(), Optional.empty(), transposed);
    }

    /** Module names in all layers. */
    public static Targets of(List<String> modules, boolean transposed) {
      return new Targets(
          modules, Optional.empty(), List.of(), List.of(), Optional.empty(), transposed);
    }
  }

  /**
   * @param r inner dimension
   * @param alpha the update is scaled by alpha / r (rank-stabilized: alpha / sqrt r)
   * @param dropout probability, 0 to below 1
   * @param rankPattern other r by module name or regular expression
   * @param alphaPattern other alpha by module name or regular expression
   */
  public record Rank(
      int r,
      double alpha,
      double dropout,
      Map<String, Integer> rankPattern,
      Map<String, Double> alphaPattern) {
    public Rank {
      if (r < 1 || !Double.isFinite(alpha) || !(dropout >= 0 && dropout < 1)) {
        throw new IllegalArgumentException(
            "r %d, alpha %s, dropout %s".formatted(r, alpha, dropout));
      }
      rankPattern = Map.copyOf(rankPattern);
      alphaPattern = Map.copyOf(alphaPattern);
    }

    /** The same rank everywhere. */
    public static Rank of(int r, double alpha, double dropout) {
      return new Rank(r, alpha, dropout, Map.of(), Map.of());
    }
  }

  /**
   * @param rankStabilized scale by alpha / sqrt r
   * @param dora weight-decomposed
   * @param loraBias whether B has a bias
   * @param bias which of the base's biases are trained: {@code none}, {@code all}, {@code
   *     lora_only}
   * @param init how it was initialised: {@code true} (the default), {@code false}, or a name such
   *     as {@code gaussian}
   */
  public record Variant(
      boolean rankStabilized, boolean dora, boolean loraBias, String bias, String init) {
    /** Plain LoRA. */
    public static final Variant PLAIN = new Variant(false, false, false, "none", "true");
  }

  public PeftConfig {
    modulesToSave = List.copyOf(modulesToSave);
  }

  /** The fields of an adapter of any type, of a base with another name. */
  public static ObjectNode withBase(ObjectNode json, String nameOrPath, Optional<String> revision) {
    ObjectNode renamed = json.deepCopy();
    renamed.put("base_model_name_or_path", nameOrPath);
    renamed.put("revision", revision.orElse(null));
    if (renamed.path("tokenizer_name_or_path").isTextual()) {
      renamed.put("tokenizer_name_or_path", nameOrPath);
    }
    return renamed;
  }

  /** The name of the base that an adapter of any type was made for; empty where it is not told. */
  static Optional<String> baseName(Path folder) {
    return Optional.ofNullable(json(folder).path("base_model_name_or_path").textValue())
        .filter(name -> !name.isEmpty());
  }

  /** Reads {@code adapter_config.json} of an adapter folder. */
  public static PeftConfig read(Path folder) {
    return of(folder.resolve(FILE).toString(), json(folder));
  }

  /** The file's fields, of an adapter of any type. */
  public static ObjectNode json(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new LlmException(
          "adapter_config_missing", file + " does not exist: an adapter folder needs it");
    }
    return StrictJson.object(file, "adapter_config_invalid");
  }

  /**
   * Reads the fields of a LoRA's configuration.
   *
   * @param source names the file in errors
   */
  public static PeftConfig of(String source, ObjectNode json) {
    var fields = new PeftFields(source, json, IRRELEVANT);
    String type = fields.text("peft_type").orElse("");
    if (!type.equals("LORA")) {
      throw new LlmException(
          "adapter_config_unsupported",
          "%s: peft_type %s is not supported; supported is LORA".formatted(source, type));
    }
    JsonNode targets = fields.take("target_modules");
    try {
      var config =
          new PeftConfig(
              Base.read(fields),
              new Targets(
                  targets.isTextual() ? List.of() : fields.texts("target_modules", targets),
                  targets.isTextual() ? Optional.of(targets.textValue()) : Optional.empty(),
                  fields.texts("exclude_modules", fields.take("exclude_modules")),
                  fields.integers("layers_to_transform"),
                  fields.text("layers_pattern"),
                  fields.flag("fan_in_fan_out")),
              new Rank(
                  (int) fields.number("r", 8),
                  fields.number("lora_alpha", 8),
                  fields.number("lora_dropout", 0),
                  fields.map("rank_pattern", JsonNode::intValue),
                  fields.map("alpha_pattern", JsonNode::doubleValue)),
              new Variant(
                  fields.flag("use_rslora"),
                  fields.flag("use_dora"),
                  fields.flag("lora_bias"),
                  fields.text("bias").orElse("none"),
                  init(fields.take("init_lora_weights"))),
              fields.texts("modules_to_save", fields.take("modules_to_save")),
              fields.flag("inference_mode"));
      fields.requireRestNeutral();
      return config;
    } catch (IllegalArgumentException e) {
      throw new LlmException(
          "adapter_config_invalid", "%s: %s".formatted(source, e.getMessage()), e);
    }
  }

  private static String init(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? "true" : node.asText();
  }

  /** Writes {@code adapter_config.json} into an adapter folder, replacing it. */
  public void write(Path folder) {
    write(folder, json());
  }

  /**
   * Writes {@code adapter_config.json} of an adapter of any type into its folder, replacing it:
   * fields sorted by name, as PEFT writes them.
   */
  public static void write(Path folder, ObjectNode json) {
    Path file = folder.resolve(FILE);
    Path part = folder.resolve(FILE + ".part");
    try {
      Files.createDirectories(folder);
      Files.writeString(part, text(json) + "\n");
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LlmException(
          "adapter_not_written", "%s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static String text(ObjectNode json) {
    ObjectNode sorted = StrictJson.MAPPER.createObjectNode();
    json.properties().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(field -> sorted.set(field.getKey(), field.getValue()));
    try {
      return StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(sorted);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file's fields. */
  public ObjectNode json() {
    ObjectNode json = StrictJson.MAPPER.createObjectNode();
    base.write(json, "LORA");
    putAll(json, "alpha_pattern", rank.alphaPattern());
    json.put("bias", variant.bias());
    putAll(json, "exclude_modules", targets.excluded());
    json.put("fan_in_fan_out", targets.transposed());
    json.put("inference_mode", inferenceMode);
    switch (variant.init()) {
      case "true" -> json.put("init_lora_weights", true);
      case "false" -> json.put("init_lora_weights", false);
      default -> json.put("init_lora_weights", variant.init());
    }
    json.put("layers_pattern", targets.layersPattern().orElse(null));
    putAll(json, "layers_to_transform", targets.layers());
    json.putObject("loftq_config");
    if (rank.alpha() == Math.rint(rank.alpha())) {
      json.put("lora_alpha", (long) rank.alpha());
    } else {
      json.put("lora_alpha", rank.alpha());
    }
    json.put("lora_bias", variant.loraBias());
    json.put("lora_dropout", rank.dropout());
    putAll(json, "modules_to_save", modulesToSave);
    json.put("r", rank.r());
    putAll(json, "rank_pattern", rank.rankPattern());
    if (targets.pattern().isPresent()) {
      json.put("target_modules", targets.pattern().get());
    } else {
      putAll(json, "target_modules", targets.modules());
    }
    json.putNull("target_parameters");
    json.putNull("trainable_token_indices");
    json.put("use_dora", variant.dora());
    json.put("use_rslora", variant.rankStabilized());
    return json;
  }

  private static void putAll(ObjectNode json, String field, List<?> values) {
    if (values.isEmpty()) {
      json.putNull(field);
    } else {
      json.set(field, StrictJson.MAPPER.valueToTree(values));
    }
  }

  private static void putAll(ObjectNode json, String field, Map<String, ?> values) {
    json.set(field, StrictJson.MAPPER.valueToTree(new TreeMap<>(values)));
  }
}
