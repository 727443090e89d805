package io.affinage.eval.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.EvaluationException;
import io.affinage.events.NameRule;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRowReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A dataset version in the artifact store. */
public final class EvaluationDataset {
  private final ArtifactStore store;
  private final String digest;

  /**
   * @param digest of the folder
   */
  public EvaluationDataset(ArtifactStore store, String digest) {
    this.store = store;
    this.digest = digest;
  }

  /**
   * The items of a split.
   *
   * @param maxItems upper bound, or null for all; which ones are taken depends on their content
   *     alone
   * @param examples how many items of the train split to read as well
   * @throws EvaluationException {@code dataset_not_found}, {@code split_not_found}, {@code
   *     invalid_dataset} or {@code empty_split}
   */
  public Items items(String split, Integer maxItems, int examples) {
    if (!NameRule.SPLIT.allows(split)) {
      throw new EvaluationException(
          "invalid_spec", "a split's name must be " + NameRule.SPLIT.words(), "spec.split");
    }
    List<NormalRow> rows = rows(split);
    List<Item> usable =
        rows.stream()
            .flatMap(row -> Item.of(row).stream())
            .sorted(Comparator.comparing(Item::id))
            .toList();
    if (usable.isEmpty()) {
      throw new EvaluationException(
          "empty_split",
          "split '%s' of dataset %s has no row to measure (rows: %d); hold out more rows"
              .formatted(split, digest, rows.size()),
          "spec.split");
    }
    List<Item> measured =
        maxItems == null || maxItems >= usable.size() ? usable : usable.subList(0, maxItems);
    return new Items(measured, rows.size() - measured.size(), examples(split, examples));
  }

  private List<Item> examples(String split, int count) {
    // Examples out of the measured split would give answers away.
    if (count == 0 || split.equals("train")) {
      return List.of();
    }
    return rows("train").stream()
        .flatMap(row -> Item.of(row).stream())
        .filter(item -> item.isAnswered() && !item.document())
        .sorted(Comparator.comparing(Item::id))
        .limit(count)
        .toList();
  }

  /** The distinct answers of all splits that exist among train and the given one, sorted. */
  public List<String> answers(String split) {
    List<NormalRow> rows = new ArrayList<>(rows(split));
    if (!split.equals("train")) {
      rows.addAll(rows("train"));
    }
    return rows.stream()
        .flatMap(row -> Item.of(row).stream())
        .filter(Item::isAnswered)
        .map(Item::reference)
        .distinct()
        .sorted()
        .toList();
  }

  private List<NormalRow> rows(String split) {
    String path = split + ".jsonl";
    List<NormalRow> rows = new ArrayList<>();
    try (NormalRowReader reader = new NormalRowReader(store.open(digest, path))) {
      for (NormalRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
      return rows;
    } catch (ArtifactNotFoundException e) {
      throw new EvaluationException(
          "split_not_found",
          "dataset %s has no %s in the artifact store".formatted(digest, path),
          "spec.split",
          e);
    } catch (JsonProcessingException e) {
      throw new EvaluationException(
          "invalid_dataset",
          "%s of dataset %s, row %d: %s"
              .formatted(path, digest, rows.size() + 1, e.getOriginalMessage()),
          "dataset",
          e);
    } catch (IOException e) {
      throw new EvaluationException(
          "dataset_unreadable",
          "%s of dataset %s cannot be read: %s".formatted(path, digest, e.getMessage()),
          "dataset",
          e);
    }
  }
}
