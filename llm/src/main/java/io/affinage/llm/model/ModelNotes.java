package io.affinage.llm.model;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.model.config.Architecture;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.EnclosingModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a model's files hold or say that is left out here, in sentences for users. */
public final class ModelNotes {
  private static final List<String> DROPOUTS =
      List.of("attention_dropout", "attn_pdrop", "embd_pdrop", "hidden_dropout", "resid_pdrop");

  private ModelNotes() {}

  /** Empty where everything is used. */
  public static List<String> of(Checkpoint checkpoint, DecoderConfig config) {
    return Stream.of(
            config.names().enclosing().map(whole -> images(checkpoint, whole)),
            head(checkpoint, config),
            beside(checkpoint, config),
            dropout(config))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> head(Checkpoint checkpoint, DecoderConfig config) {
    boolean said = DecoderConfig.of(checkpoint.config()).shape().tiedHead();
    return said && !config.shape().tiedHead()
        ? Optional.of(
            "The configuration ties the head to the embedding, but the files store a head with other numbers: that one is used, as transformers does.")
        : Optional.empty();
  }

  private static Optional<String> beside(Checkpoint checkpoint, DecoderConfig config) {
    List<String> unread =
        new CheckpointFit(DecoderFiles.named(checkpoint, config), config).unreadBeside();
    return unread.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d tensors of the files are of no part of this model and are left out: %s."
                .formatted(unread.size(), CheckpointFit.some(unread)));
  }

  private static String images(Checkpoint checkpoint, EnclosingModel whole) {
    Map<String, Long> unread =
        checkpoint.names().stream()
            .filter(name -> whole.textName(name).isEmpty())
            .map(name -> whole.imagePart(name).orElse(name))
            .collect(Collectors.groupingBy(part -> part, TreeMap::new, Collectors.counting()));
    return "This is the text model of a %s; what it has for images is left out (%s), and images are not taken."
        .formatted(
            whole.className(),
            unread.isEmpty()
                ? "no tensors"
                : unread.entrySet().stream()
                    .map(part -> "%s: %d tensors".formatted(part.getKey(), part.getValue()))
                    .collect(Collectors.joining(", ")));
  }

  private static Optional<String> dropout(DecoderConfig config) {
    List<String> named = new ArrayList<>();
    for (String field : DROPOUTS) {
      // GPT-2's is 0.1 where nothing is said; every other family's is 0.
      boolean usual = config.architecture() == Architecture.GPT2 && field.endsWith("_pdrop");
      double probability = config.source().number(field, usual ? 0.1 : 0);
      if (probability > 0) {
        named.add("%s %s".formatted(field, probability));
      }
    }
    return named.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Training does not apply the dropout that the configuration names (%s); an adapter's own, loraDropout, is applied."
                .formatted(String.join(", ", named)));
  }
}
