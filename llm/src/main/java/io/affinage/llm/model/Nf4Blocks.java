package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.quantization.Nf4;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.SerialThreads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Blocks whose linear layers are in NF4. A block is dequantized into arrays of the decoder's
 * precision when it is acquired, by all threads that wait for it together, and the arrays are used
 * again for another block when nobody reads them any more. Gradients flow through them as through
 * any weights, but nothing can be trained of them.
 */
final class Nf4Blocks implements BlockStore {
  private final DecoderConfig config;
  private final NDManager manager;
  private final Kernels kernels;
  private final Nf4Source source;
  private final Function<Integer, String> prefixes;
  private final NDArray map;
  private final NDArray pairs;
  private final Map<Integer, Held> held = new HashMap<>();
  private volatile BlockObserver observer = BlockObserver.NONE;
  private SerialThreads helpers;

  /** Arrays that nobody reads, by which layers are quantized: blocks may differ in that. */
  private final Map<List<Boolean>, Deque<List<NDArray>>> free = new HashMap<>();

  /** Weights that one thread decodes at a time; whole groups of scales that are quantized. */
  private static final long PIECE = 1 << 24;

  /** Weights of a block from which on other threads are asked to help. */
  private static final long WORTH_SHARING = 1 << 20;

  /** Some weights of a matrix that follow each other. */
  private record Piece(Nf4Weight weight, NDArray target, long first, long count) {}

  private int most;

  /** One block's arrays, and how far they are. */
  private static final class Held {
    private final Nf4Block packed;
    private final BlockWeights weights;
    private final List<NDArray> targets;
    private final List<Piece> pieces = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final long begun;
    private final long read = System.nanoTime();
    private volatile Throwable failure;
    private volatile boolean decoded;
    private volatile long ready;
    private int readers;

    /**
     * @param begun when the packed weights were asked for, {@link System#nanoTime}
     */
    Held(Nf4Block packed, BlockWeights weights, List<NDArray> targets, long begun) {
      this.packed = packed;
      this.weights = weights;
      this.targets = targets;
      this.begun = begun;
      int target = 0;
      for (Nf4Weight weight : packed.layers()) {
        if (weight != null) {
          long size = weight.shape().size();
          for (long first = 0; first < size; first += PIECE) {
            pieces.add(
                new Piece(weight, targets.get(target), first, Math.min(PIECE, size - first)));
          }
          target++;
        }
      }
      this.done = new CountDownLatch(pieces.size());
    }

    private long elements() {
      return pieces.stream().mapToLong(Piece::count).sum();
    }

    private BlockUse use(int layer) {
      return new BlockUse(
          layer,
          packed.read().bytes(),
          packed.read().seconds(),
          (read - begun) / 1e9,
          (ready - read) / 1e9,
          (System.nanoTime() - ready) / 1e9);
    }
  }

  /**
   * @param prefixes what the names of a block's weights begin with
   */
  Nf4Blocks(
      DecoderConfig config,
      NDManager manager,
      Kernels kernels,
      Nf4Source source,
      Function<Integer, String> prefixes) {
    this.config = config;
    this.manager = manager;
    this.kernels = kernels;
    this.source = source;
    this.prefixes = prefixes;
    this.map = manager.create(DynamicMap.values(true));
    this.pairs = manager.create(pairs());
  }

  /** The two numbers of each byte as the bits of one. */
  static long[] pairs() {
    float[] values = Nf4.codebook();
    long[] pairs = new long[256];
    for (int both = 0; both < pairs.length; both++) {
      long first = Float.floatToRawIntBits(values[both >> 4]) & 0xFFFFFFFFL;
      long second = Float.floatToRawIntBits(values[both & 15]) & 0xFFFFFFFFL;
      pairs[both] = second << 32 | first;
    }
    return pairs;
  }

  @Override
  public int layers() {
    return source.layers();
  }

  @Override
  public boolean resident() {
    return false;
  }

  @Override
  public boolean streamed() {
    return source.streamed();
  }

  @Override
  public BlockWeights acquire(int layer) {
    Held block;
    synchronized (this) {
      block = held.computeIfAbsent(layer, this::begin);
      block.readers++;
      most = Math.max(most, held.size());
    }
    decode(block);
    synchronized (this) {
      if (!block.decoded) {
        block.decoded = true;
        block.ready = System.nanoTime();
        source.release(layer);
      }
    }
    if (block.failure != null) {
      release(layer);
      if (block.failure instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) block.failure;
    }
    return block.weights;
  }

  private Held begin(int layer) {
    long begun = System.nanoTime();
    Nf4Block packed = source.acquire(layer);
    Deque<List<NDArray>> unused =
        free.computeIfAbsent(quantized(packed), key -> new ArrayDeque<>());
    List<NDArray> targets = unused.isEmpty() ? allocate(packed) : unused.pop();
    NDArray[] arrays = packed.others().toArray(NDArray[]::new);
    int target = 0;
    for (int i = 0; i < packed.layers().size(); i++) {
      if (packed.layers().get(i) != null) {
        arrays[BlockArrays.weight(config.linears().get(i).slot())] = targets.get(target++);
      }
    }
    List<BlockWeight> weights = config.blockWeights();
    return new Held(
        packed,
        new BlockWeights(Arrays.asList(arrays), weights, prefixes.apply(layer)),
        targets,
        begun);
  }

  private static List<Boolean> quantized(Nf4Block packed) {
    return packed.layers().stream().map(weight -> weight != null).toList();
  }

  private List<NDArray> allocate(Nf4Block packed) {
    List<NDArray> targets = new ArrayList<>();
    for (int i = 0; i < packed.layers().size(); i++) {
      if (packed.layers().get(i) != null) {
        LinearLayer layer = config.linears().get(i);
        try (NDManager scope = manager.newSubManager()) {
          targets.add(
              kernels
                  .differentiable(
                      manager,
                      "allocate",
                      scope.create(new Shape(layer.out(), layer.in()).getShape()))
                  .singletonOrThrow());
        }
      }
    }
    return targets;
  }

  /**
   * Decodes what no other thread has begun, and waits for those. A thread that has the processors
   * to itself is helped: the operations of decoding are divided badly by themselves.
   */
  private void decode(Held block) {
    boolean helped =
        !block.decoded
            && block.elements() >= WORTH_SHARING
            && !manager.getDevice().isGpu()
            && SerialThreads.wouldShare();
    if (helped) {
      helpers().run(() -> decodePieces(block));
    } else {
      decodePieces(block);
    }
    boolean interrupted = false;
    while (block.done.getCount() > 0) {
      try {
        block.done.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized SerialThreads helpers() {
    if (helpers == null) {
      helpers = SerialThreads.start();
    }
    return helpers;
  }

  private void decodePieces(Held block) {
    for (int i = block.next.getAndIncrement();
        i < block.pieces.size();
        i = block.next.getAndIncrement()) {
      Piece piece = block.pieces.get(i);
      Nf4Weight weight = piece.weight();
      try (NDManager scope = manager.newSubManager()) {
        kernels.run(
            scope,
            "nf4_decode_part",
            piece.target(),
            weight.packed(),
            weight.scales(),
            weight.magnitudes(),
            weight.mean(),
            map,
            pairs,
            piece.first(),
            piece.count());
      } catch (RuntimeException | Error e) {
        block.failure = e; // for whoever waits for this piece
      } finally {
        block.done.countDown();
      }
    }
  }

  @Override
  public void release(int layer) {
    Held unused = null;
    synchronized (this) {
      Held block = held.get(layer);
      if (block == null) {
        throw new IllegalStateException("block " + layer + " is released, but nobody acquired it");
      }
      block.readers--;
      if (block.readers == 0) {
        held.remove(layer);
        free.get(quantized(block.packed)).push(block.targets);
        unused = block;
      }
    }
    if (unused != null && unused.failure == null) {
      observer.used(unused.use(layer));
    }
  }

  @Override
  public void observe(BlockObserver hearing) {
    observer = hearing;
  }

  /** Blocks dequantized now. */
  synchronized int held() {
    return held.size();
  }

  @Override
  public synchronized int mostHeld() {
    return most;
  }

  @Override
  public void close() {
    source.close();
    if (helpers != null) {
      helpers.close();
    }
  }
}
