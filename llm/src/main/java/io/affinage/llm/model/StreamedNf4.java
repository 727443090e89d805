package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/**
 * Quantized weights that are read from their file a block ahead, into room for two blocks that is
 * used again and again: for models larger than memory. Blocks are asked for upwards, then
 * downwards, so the next one is the neighbour on the side where the last step went.
 */
final class StreamedNf4 implements Nf4Source {
  private static final int ROOMS = 2;
  private static final int NOTHING = -1;

  /** Reads at the same time: one alone does not keep every disk busy. */
  private static final int READERS = 2;

  private final Nf4Loader loader;
  private final IntFunction<String> prefixes;
  private final List<List<NDArray>> others;
  private final List<Room> rooms = new ArrayList<>();
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS,
          work -> {
            Thread thread = new Thread(work, "affinage-weights");
            thread.setDaemon(true);
            return thread;
          });
  private int last = NOTHING;
  private int direction = 1;

  private static final class Room {
    private final List<Nf4Weight> weights;
    private int layer = NOTHING;
    private boolean used;
    private volatile Nf4Block.Read read = Nf4Block.Read.NOTHING;
    private CompletableFuture<Void> filled = CompletableFuture.completedFuture(null);

    Room(List<Nf4Weight> weights) {
      this.weights = weights;
    }
  }

  /**
   * @param others what of each block is not quantized, in memory
   * @throws LlmException {@code checkpoint_quantization_unsupported}
   */
  StreamedNf4(Nf4Loader loader, IntFunction<String> prefixes, List<List<NDArray>> others) {
    this.loader = loader;
    this.prefixes = prefixes;
    this.others = List.copyOf(others);
    for (int layer = 1; layer < layers(); layer++) {
      if (!loader.alike(prefixes.apply(0), prefixes.apply(layer))) {
        throw new LlmException(
            "checkpoint_quantization_unsupported",
            "%s is quantized otherwise than %s, and blocks that are streamed must be quantized alike"
                .formatted(prefixes.apply(layer), prefixes.apply(0)));
      }
    }
    for (int i = 0; i < ROOMS; i++) {
      rooms.add(new Room(loader.allocate(prefixes.apply(0))));
    }
  }

  @Override
  public int layers() {
    return others.size();
  }

  @Override
  public boolean streamed() {
    return true;
  }

  @Override
  public Nf4Block acquire(int layer) {
    Room room = find(layer).orElseGet(() -> read(layer));
    room.used = true;
    try {
      room.filled.join();
    } catch (CompletionException e) {
      room.used = false;
      room.layer = NOTHING;
      if (e.getCause() instanceof LlmException known) {
        throw known;
      }
      throw e;
    }
    if (last != NOTHING && layer != last) {
      direction = layer > last ? 1 : -1;
    }
    last = layer;
    ahead(layer);
    Nf4Block.Read read = room.read;
    room.read = Nf4Block.Read.NOTHING; // told once
    return new Nf4Block(room.weights, others.get(layer), read);
  }

  private Optional<Room> find(int layer) {
    return rooms.stream().filter(room -> room.layer == layer).findFirst();
  }

  private Optional<Room> free() {
    return rooms.stream().filter(room -> !room.used).findFirst();
  }

  private void ahead(int layer) {
    int next = layer + direction;
    if (next < 0 || next >= layers()) {
      next = layer - direction;
    }
    if (next >= 0 && next < layers() && find(next).isEmpty() && free().isPresent()) {
      read(next);
    }
  }

  /** Begins to read a block into a room that nobody uses. */
  private Room read(int layer) {
    Room room =
        free()
            .orElseThrow(
                () -> new IllegalStateException("all blocks are in use, none was released"));
    room.layer = layer;
    room.filled = room.filled.exceptionally(failed -> null).thenCompose(done -> fill(layer, room));
    return room;
  }

  private CompletableFuture<Void> fill(int layer, Room room) {
    long start = System.nanoTime();
    long bytes = room.weights.stream().filter(Objects::nonNull).mapToLong(Nf4Weight::bytes).sum();
    return CompletableFuture.allOf(
            loader.reads(prefixes.apply(layer), room.weights).stream()
                .map(part -> CompletableFuture.runAsync(part, readers))
                .toArray(CompletableFuture[]::new))
        .thenRun(() -> room.read = new Nf4Block.Read(bytes, (System.nanoTime() - start) / 1e9));
  }

  @Override
  public void release(int layer) {
    find(layer)
            .filter(room -> room.used)
            .orElseThrow(() -> new IllegalStateException("block " + layer + " is not in use"))
            .used =
        false;
  }

  @Override
  public void close() {
    rooms.forEach(room -> room.filled.exceptionally(failed -> null).join());
    readers.shutdown();
  }
}
