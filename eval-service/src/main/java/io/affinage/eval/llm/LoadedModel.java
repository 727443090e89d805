package io.affinage.eval.llm;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.model.BlockAdapter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A full model in memory with adapters that were put on it: those in use, and the last few that
 * were. One computation at a time: the lock is held per batch, so that an evaluation and a chat on
 * the same model take turns.
 */
final class LoadedModel implements AutoCloseable {
  private static final int IDLE_ADAPTERS = 4;

  private final LanguageModel model;
  private final Map<String, Entry> adapters = new LinkedHashMap<>(16, 0.75f, true);
  private final int idleAdapters;

  /** Fair, or a long evaluation would starve a chat. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private static final class Entry {
    private final Adapter adapter;
    private int users;

    private Entry(Adapter adapter) {
      this.adapter = adapter;
    }
  }

  /** The right to use an adapter until closed. */
  final class Hold implements AutoCloseable {
    private final Entry entry;
    private boolean closed;

    private Hold(Entry entry) {
      this.entry = entry;
    }

    BlockAdapter adapter() {
      return entry.adapter;
    }

    @Override
    public void close() {
      synchronized (adapters) {
        if (!closed) {
          closed = true;
          entry.users--;
        }
      }
    }
  }

  LoadedModel(LanguageModel model) {
    this(model, IDLE_ADAPTERS);
  }

  /**
   * @param idleAdapters the most adapters that are kept although nobody uses them
   */
  LoadedModel(LanguageModel model, int idleAdapters) {
    this.model = model;
    this.idleAdapters = idleAdapters;
  }

  LanguageModel model() {
    return model;
  }

  /** The base alone. */
  BlockAdapter none() {
    return model.decoder().withoutAdapter();
  }

  /**
   * An adapter, loaded unless it is here. Of those that nobody uses, the ones asked for longest ago
   * are given up.
   */
  Hold adapter(String digest, Supplier<Path> folder) {
    return inTurn(
        () -> {
          synchronized (adapters) {
            Entry entry =
                adapters.computeIfAbsent(digest, d -> new Entry(model.loadAdapter(folder.get())));
            entry.users++;
            trim();
            return new Hold(entry);
          }
        });
  }

  private void trim() {
    long idle = adapters.values().stream().filter(entry -> entry.users == 0).count();
    Iterator<Entry> eldestFirst = adapters.values().iterator();
    while (idle > idleAdapters && eldestFirst.hasNext()) {
      Entry entry = eldestFirst.next();
      if (entry.users == 0) {
        eldestFirst.remove();
        entry.adapter.close();
        idle--;
      }
    }
  }

  /** How many adapters are in memory. */
  int adapters() {
    synchronized (adapters) {
      return adapters.size();
    }
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
          adapters.values().forEach(entry -> entry.adapter.close());
          model.close();
          return null;
        });
  }
}
