package io.affinage.eval.llm;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.model.BlockAdapter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A full model in memory with the adapters that were put on it. One computation at a time: the lock
 * is held per batch, so that an evaluation and a chat on the same model take turns.
 */
final class LoadedModel implements AutoCloseable {
  private final LanguageModel model;
  private final Map<String, LoraAdapter> adapters = new LinkedHashMap<>();

  /** Fair, or a long evaluation would starve a chat. */
  private final ReentrantLock turn = new ReentrantLock(true);

  LoadedModel(LanguageModel model) {
    this.model = model;
  }

  LanguageModel model() {
    return model;
  }

  /** The base alone. */
  BlockAdapter none() {
    return model.decoder().withoutAdapter();
  }

  /** An adapter, loaded when first asked for. */
  BlockAdapter adapter(String digest, Supplier<Path> folder) {
    return inTurn(() -> adapters.computeIfAbsent(digest, d -> model.loadAdapter(folder.get())));
  }

  /** Computes alone. */
  <T> T inTurn(Supplier<T> computation) {
    turn.lock();
    try {
      return computation.get();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    inTurn(
        () -> {
          adapters.values().forEach(LoraAdapter::close);
          model.close();
          return null;
        });
  }
}
