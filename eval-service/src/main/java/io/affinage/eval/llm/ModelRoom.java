package io.affinage.eval.llm;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.model.ModelSource;
import io.affinage.eval.serving.Talks;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.micrometer.core.instrument.Counter;

/** All that computes with models in this process, over one shelf. */
public final class ModelRoom implements AutoCloseable {
  private final ModelShelf shelf;
  private final ModelSource source;
  private final Talks talks;

  /**
   * @param weights in which form models are kept
   * @param capacity full models kept in memory
   * @param queue questions that may wait per model
   * @param maxTokens longest answer where the question names none
   * @param generated counts tokens
   */
  public ModelRoom(
      ArtifactStore store,
      Compute compute,
      WeightForm weights,
      int capacity,
      int queue,
      int maxTokens,
      Counter generated) {
    ModelFiles files = new ModelFiles(store);
    this.shelf = new ModelShelf(files, compute, weights, capacity);
    this.source = new ShelfModels(shelf, files, generated);
    this.talks = new ShelfTalks(shelf, files, generated, new ShelfTalks.Limits(queue, maxTokens));
  }

  /** For evaluations. */
  public ModelSource source() {
    return source;
  }

  /** For people. */
  public Talks talks() {
    return talks;
  }

  @Override
  public void close() {
    shelf.close();
  }
}
