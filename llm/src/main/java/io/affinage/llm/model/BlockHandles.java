package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.tensor.Kernels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One thread's handles of the weights of blocks, from {@link #acquire} to {@link #release}. Those
 * of a resident store are made once.
 */
public final class BlockHandles {
  private final BlockStore store;
  private final Optional<NDManager> scope;
  private final List<List<NDArray>> resident;
  private final Map<Integer, NDManager> acquired = new HashMap<>();

  /**
   * @param scope owns the handles; empty for the store's own
   */
  private BlockHandles(BlockStore store, Optional<NDManager> scope) {
    this.store = store;
    this.scope = scope;
    this.resident =
        store.resident()
            ? IntStream.range(0, store.layers())
                .mapToObj(layer -> named(scope, store.acquire(layer).arrays()))
                .toList()
            : List.of();
  }

  static BlockHandles of(BlockStore store) {
    return new BlockHandles(store, Optional.empty());
  }

  /** Others of the same arrays, for another thread. */
  BlockHandles aliases(NDManager owner) {
    return new BlockHandles(store, Optional.of(owner));
  }

  private static List<NDArray> named(Optional<NDManager> owner, List<NDArray> arrays) {
    return owner.isEmpty()
        ? arrays
        : arrays.stream().map(array -> Kernels.alias(owner.get(), array)).toList();
  }

  /** The arrays of a block, {@link BlockWeights#arrays}. */
  List<NDArray> acquire(int layer) {
    if (store.resident()) {
      return resident.get(layer);
    }
    List<NDArray> arrays = store.acquire(layer).arrays();
    if (scope.isEmpty()) {
      return arrays;
    }
    NDManager owner = scope.get().newSubManager();
    acquired.put(layer, owner);
    return named(Optional.of(owner), arrays);
  }

  /** Says that the arrays are read no longer. */
  void release(int layer) {
    if (store.resident()) {
      return;
    }
    NDManager owner = acquired.remove(layer);
    if (owner != null) {
      owner.close();
    }
    store.release(layer);
  }
}
