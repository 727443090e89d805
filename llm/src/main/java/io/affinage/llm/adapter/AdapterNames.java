package io.affinage.llm.adapter;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RenamedCheckpoint;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.EnclosingModel;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The matrices of an adapter by PEFT's keys for its base model. Where that is the text model of one
 * with images, files may have its modules by their older names or by those of the text model alone,
 * and matrices beside layers for images, which texts never pass.
 */
final class AdapterNames {
  private static final String PREFIX = PeftNames.PREFIX;
  private static final System.Logger LOG = System.getLogger(AdapterNames.class.getName());

  private AdapterNames() {}

  static Checkpoint of(Checkpoint weights, DecoderConfig base) {
    Optional<EnclosingModel> enclosing = base.names().enclosing();
    if (enclosing.isEmpty()) {
      return weights;
    }
    reportImageParts(weights, enclosing.get());
    return new RenamedCheckpoint(
        weights,
        key -> {
          String module = module(key);
          if (enclosing.get().imagePart(module).isPresent()) {
            return Optional.empty();
          }
          String own = enclosing.get().textName(module).orElse(module);
          return Optional.of(
              own.startsWith(base.names().blocks())
                  ? PREFIX + enclosing.get().moduleName(own)
                  : key);
        });
  }

  private static void reportImageParts(Checkpoint weights, EnclosingModel enclosing) {
    Map<String, Long> left =
        weights.names().stream()
            .map(key -> enclosing.imagePart(module(key)))
            .flatMap(Optional::stream)
            .collect(Collectors.groupingBy(part -> part, TreeMap::new, Collectors.counting()));
    if (!left.isEmpty()) {
      LOG.log(
          Level.INFO,
          "{0}: matrices of parts for images are left out, as texts never pass them: {1}",
          weights.files().get(0),
          left);
    }
  }

  private static String module(String key) {
    return key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key;
  }

  /** The layers that have matrices, as target modules: what a regular expression once matched. */
  static List<String> targets(Checkpoint named, DecoderConfig base) {
    return base.linears().stream()
        .filter(
            layer ->
                named.names().stream()
                    .anyMatch(key -> key.endsWith("." + layer.path() + ".lora_A.weight")))
        .map(layer -> layer.path())
        .toList();
  }
}
