package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The reference of a run: the model that its stage starts from. Its log-probabilities are computed
 * along with each step where weights stay as they are and a group comes up once; they are computed
 * before the first step and kept where weights of the model are trained, or where groups come up
 * again.
 */
final class StartingModel implements Reference, AutoCloseable {
  private final List<Group> groups;
  private final TrainingSettings settings;
  private final Decoder decoder;
  private final int virtual;
  private final PassedReference passed;
  private final boolean keeps;
  private Optional<KeptReference> kept = Optional.empty();

  /**
   * @param adapter that of the stage's start, which nothing trains
   * @param virtual tokens of the adapter that is trained, before every sequence
   * @param groups all that the run learns from
   * @param keeps whether log-probabilities are computed before the first step
   * @param temperature of the distributions that are compared
   */
  StartingModel(
      Decoder decoder,
      BlockAdapter adapter,
      int virtual,
      List<Group> groups,
      TrainingSettings settings,
      boolean keeps,
      double temperature) {
    this.decoder = decoder;
    this.virtual = virtual;
    this.passed =
        new PassedReference(decoder, adapter, virtual, settings.sharesPrefixes(), temperature);
    this.groups = groups;
    this.settings = settings;
    this.keeps = keeps;
  }

  /** Whether log-probabilities are computed before the first step. */
  boolean keeps() {
    return keeps;
  }

  /**
   * Computes what is to be kept, unless it is there: while weights are still those of the start.
   */
  void prepare() {
    if (!keeps || kept.isPresent()) {
      return;
    }
    List<Group> byLength = groups.stream().sorted(Comparator.comparingInt(Group::tokens)).toList();
    int together = Math.max(1, settings.batching().batchSize());
    Map<Group, List<float[]>> found = new IdentityHashMap<>();
    for (int from = 0; from < byLength.size(); from += together) {
      List<Group> some = byLength.subList(from, Math.min(byLength.size(), from + together));
      for (List<Group> microBatch : MicroBatches.of(some, settings.batching())) {
        List<float[]> values = pass(microBatch);
        int at = 0;
        for (Group group : microBatch) {
          found.put(group, values.subList(at, at + group.members().size()));
          at += group.members().size();
        }
      }
    }
    kept =
        Optional.of(
            KeptReference.of(
                groups, groups.stream().flatMap(group -> found.get(group).stream()).toList()));
  }

  /** Computes some log-probabilities and forgets them, to see what it takes. */
  void tryOut(List<Group> some) {
    pass(some);
  }

  private List<float[]> pass(List<Group> some) {
    return passed.of(GroupRow.of(some, decoder, settings.sharesPrefixes(), virtual), 0);
  }

  /** Writes what is kept; nothing where nothing is. */
  void write(Path file) throws IOException {
    if (kept.isPresent()) {
      kept.get().write(file);
    }
  }

  /**
   * Takes what a checkpoint kept.
   *
   * @throws LlmException {@code checkpoint_mismatch}
   */
  void read(Path file) {
    if (keeps) {
      kept = Optional.of(KeptReference.read(file, groups));
    }
  }

  /** Zeros while what is to be kept is not there: then a run is only tried. */
  @Override
  public List<float[]> of(GroupRow part, int thread) {
    if (!keeps) {
      return passed.of(part, thread);
    }
    return kept.map(values -> values.of(part, thread)).orElseGet(() -> zeros(part));
  }

  private static List<float[]> zeros(GroupRow part) {
    return part.row().byDocument(new float[part.row().targetTokens().length]);
  }

  @Override
  public void close() {
    passed.close();
  }
}
