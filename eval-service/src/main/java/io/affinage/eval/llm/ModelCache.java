package io.affinage.eval.llm;

import io.affinage.eval.EvaluationException;
import io.affinage.events.ArtifactRef;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Full models in memory, the least recently used given up first. What is in use stays, so the
 * number may exceed the capacity for as long as more models are used at once. Thread-safe.
 */
public final class ModelCache implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ModelCache.class);

  private final StoredModelFiles files;
  private final Compute compute;
  private final WeightForm weights;
  private final int capacity;
  private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  private static final class Entry {
    private LoadedModel model;
    private int users;
  }

  /** The right to use a model until closed. */
  final class Hold implements AutoCloseable {
    private final Entry entry;
    private boolean closed;

    private Hold(Entry entry) {
      this.entry = entry;
    }

    LoadedModel model() {
      return entry.model;
    }

    @Override
    public void close() {
      synchronized (ModelCache.this) {
        if (!closed) {
          closed = true;
          entry.users--;
          trim(capacity);
        }
      }
    }
  }

  ModelCache(StoredModelFiles files, Compute compute, WeightForm weights, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("the model cache needs room for a model, not " + capacity);
    }
    this.files = files;
    this.compute = compute;
    this.weights = weights;
    this.capacity = capacity;
  }

  /**
   * The model of this reference, loaded if need be; loading blocks other loads.
   *
   * @param trained in what form an adapter beside it was trained, whose numbers it is given; null
   *     for its own
   * @param changedFor the adapter for which that training changed the weights before it quantized
   *     them; null where it did not
   * @throws EvaluationException {@code model_not_found}, or the library's code for files that are
   *     no sound model
   */
  synchronized Hold take(
      ArtifactRef ref, @Nullable QuantizationSpec trained, @Nullable ArtifactRef changedFor) {
    String key =
        ref.digest()
            + (trained == null ? "" : " " + trained.weightForm())
            + (changedFor == null ? "" : " " + changedFor.digest());
    Entry entry = entries.get(key);
    if (entry == null) {
      trim(capacity - 1);
      entry = new Entry();
      entry.model = load(ref, trained, changedFor);
      entries.put(key, entry);
    }
    entry.users++;
    return new Hold(entry);
  }

  /** How models compute. */
  Compute compute() {
    return compute;
  }

  private LoadedModel load(
      ArtifactRef ref, @Nullable QuantizationSpec trained, @Nullable ArtifactRef changedFor) {
    long begun = System.nanoTime();
    try {
      WeightForm form = trained == null ? WeightForm.PLAIN : WeightForm.named(trained.weightForm());
      LoadedModel loaded =
          new LoadedModel(
              LanguageModel.open(
                  files.path(ref),
                  compute,
                  weights,
                  form,
                  Optional.ofNullable(changedFor).map(files::path)));
      LOG.infof("Loaded %s in %d ms", ref.digest(), (System.nanoTime() - begun) / 1_000_000);
      return loaded;
    } catch (LlmException e) {
      throw new EvaluationException(e.code(), e.getMessage(), "model", e);
    }
  }

  private void trim(int keep) {
    Iterator<Entry> eldestFirst = entries.values().iterator();
    while (entries.size() > keep && eldestFirst.hasNext()) {
      Entry entry = eldestFirst.next();
      if (entry.users == 0) {
        eldestFirst.remove();
        entry.model.close();
      }
    }
  }

  /** How many models are in memory. */
  public synchronized int size() {
    return entries.size();
  }

  @Override
  public synchronized void close() {
    trim(0);
  }
}
