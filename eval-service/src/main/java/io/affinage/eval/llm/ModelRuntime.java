package io.affinage.eval.llm;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.eval.model.ModelSource;
import io.affinage.eval.serving.ChatSessions;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.micrometer.core.instrument.Counter;

/** All that computes with models in this process, over one model cache. */
public final class ModelRuntime implements AutoCloseable {
  private final ModelCache cache;
  private final ModelSource source;
  private final ChatSessions sessions;

  /**
   * @param weights in which form models are kept
   * @param capacity full models kept in memory
   * @param queue questions that may wait per model
   * @param maxTokens longest answer where the question names none
   * @param generated counts tokens
   */
  public ModelRuntime(
      ArtifactStore store,
      Compute compute,
      WeightForm weights,
      int capacity,
      int queue,
      int maxTokens,
      Counter generated) {
    StoredModelFiles files = new StoredModelFiles(store);
    this.cache = new ModelCache(files, compute, weights, capacity);
    this.source = new CachedModels(cache, files, generated);
    this.sessions =
        new CachedChatSessions(
            cache, files, generated, new CachedChatSessions.Limits(queue, maxTokens));
  }

  /** For evaluations. */
  public ModelSource source() {
    return source;
  }

  /** For people. */
  public ChatSessions sessions() {
    return sessions;
  }

  @Override
  public void close() {
    cache.close();
  }
}
