package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RotaryTensors;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Continues prompts token by token; all layers of a step are one native call. Prompts of a batch
 * may differ in length: each row writes the cache at its own position. Not safe for use by several
 * threads at once.
 */
public final class Generator implements AutoCloseable {
  private final Decoder decoder;
  private final Kernels kernels;
  private final IValue weights;
  private final IValue adapterArrays;

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public Generator(Decoder decoder, BlockAdapter adapter) {
    this.decoder = decoder;
    this.kernels = decoder.kernels();
    List<NDArray> all = new ArrayList<>();
    for (BlockWeights block : decoder.blocks()) {
      all.addAll(block.arrays());
    }
    this.weights = Kernels.list(all);
    List<NDArray> arrays = new ArrayList<>();
    for (int block = 0; block < decoder.blocks().size(); block++) {
      arrays.addAll(adapter.block(block));
    }
    this.adapterArrays = Kernels.list(arrays);
  }

  /**
   * Continues every prompt.
   *
   * @throws LlmException {@code prompt_empty}, {@code context_exceeded}
   */
  public List<GeneratedTokens> generate(GenerationRequest request, TokenListener listener) {
    List<int[]> prompts = request.prompts();
    if (prompts.isEmpty()) {
      return List.of();
    }
    int batch = prompts.size();
    int longest = check(request);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      rows.add(new Row(prompts.get(i).length, request.sampling().seed(), i));
    }
    if (request.maxNewTokens() == 0) {
      return rows.stream().map(Row::result).toList();
    }
    try (NDManager scope = decoder.manager().newSubManager()) {
      Cache cache = new Cache(scope, batch, longest + request.maxNewTokens());
      NDArray seen = seen(scope, request);
      NDArray logits = prefill(scope, cache, prompts, longest);
      for (int step = 0; ; step++) {
        long[] chosen = choose(scope, logits, seen, rows, request);
        logits.close();
        boolean open = false;
        for (int i = 0; i < batch; i++) {
          open |= rows.get(i).accept((int) chosen[i], i, request, listener);
        }
        if (!open || step + 1 == request.maxNewTokens()) {
          break;
        }
        logits = advance(scope, cache, chosen, rows, step, longest);
      }
    }
    return rows.stream().map(Row::result).toList();
  }

  /**
   * The logits of what follows a prompt, [vocabulary] float32.
   *
   * @throws LlmException {@code prompt_empty}, {@code context_exceeded}
   */
  public float[] nextLogits(int[] prompt) {
    int length = check(new GenerationRequest(List.of(prompt), 0, Set.of(), Sampling.GREEDY));
    try (NDManager scope = decoder.manager().newSubManager()) {
      return prefill(scope, new Cache(scope, 1, length), List.of(prompt), length).toFloatArray();
    }
  }

  private int check(GenerationRequest request) {
    int longest = 0;
    for (int[] prompt : request.prompts()) {
      if (prompt.length == 0) {
        throw new LlmException("prompt_empty", "a prompt has no tokens; give at least one");
      }
      longest = Math.max(longest, prompt.length);
    }
    int context = decoder.shape().maxPositions();
    if (longest + request.maxNewTokens() > context) {
      throw new LlmException(
          "context_exceeded",
          "the prompt's %d tokens and %d new ones exceed the model's context of %d; shorten either"
              .formatted(longest, request.maxNewTokens(), context));
    }
    return longest;
  }

  private NDArray prefill(NDManager scope, Cache cache, List<int[]> prompts, int longest) {
    int batch = prompts.size();
    long[] tokens = new long[batch * longest];
    long[] position = new long[batch * longest];
    long[] last = new long[batch];
    for (int i = 0; i < batch; i++) {
      int[] prompt = prompts.get(i);
      for (int t = 0; t < longest; t++) {
        tokens[i * longest + t] = t < prompt.length ? prompt[t] : 0;
        position[i * longest + t] = t;
      }
      last[i] = prompt.length - 1;
    }
    return step(scope, cache, tokens, position, last, longest);
  }

  private NDArray advance(
      NDManager scope, Cache cache, long[] chosen, List<Row> rows, int step, int longest) {
    int batch = rows.size();
    long[] position = new long[batch];
    for (int i = 0; i < batch; i++) {
      position[i] = rows.get(i).promptLength + step;
    }
    return step(scope, cache, chosen, position, new long[batch], longest + step + 1);
  }

  private NDArray step(
      NDManager scope, Cache cache, long[] tokens, long[] position, long[] last, int length) {
    int batch = last.length;
    Shape shape = new Shape(batch, tokens.length / batch);
    try (NDManager inputs = scope.newSubManager()) {
      return kernels
          .run(
              scope,
              "advance",
              inputs.create(tokens, shape),
              inputs.create(position, shape),
              cache.rows,
              inputs.create(last),
              cache.rotary.frequencies(),
              cache.rotary.factors(),
              length,
              cache.keys,
              cache.values,
              decoder.embedding(),
              decoder.positions(),
              decoder.norm(),
              decoder.head(),
              weights,
              adapterArrays)
          .singletonOrThrow();
    }
  }

  private NDArray seen(NDManager scope, GenerationRequest request) {
    int batch = request.prompts().size();
    if (request.sampling().repetitionPenalty() == 1) {
      return scope.zeros(new Shape(batch, 1), DataType.BOOLEAN);
    }
    NDArray seen =
        scope.zeros(new Shape(batch, decoder.shape().vocabularySize()), DataType.BOOLEAN);
    int longest = request.prompts().stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    long[] tokens = new long[batch * longest];
    for (int i = 0; i < batch; i++) {
      int[] prompt = request.prompts().get(i);
      for (int t = 0; t < longest; t++) {
        tokens[i * longest + t] = prompt[Math.min(t, prompt.length - 1)];
      }
    }
    kernels.run(scope, "remember", seen, scope.create(tokens, new Shape(batch, longest)));
    return seen;
  }

  private long[] choose(
      NDManager scope, NDArray logits, NDArray seen, List<Row> rows, GenerationRequest request) {
    Sampling sampling = request.sampling();
    float[] uniform = new float[rows.size()];
    for (int i = 0; i < uniform.length; i++) {
      uniform[i] = (float) rows.get(i).random.nextDouble() * (1 - 0x1p-24f);
    }
    try (NDManager step = scope.newSubManager()) {
      NDList result =
          kernels.run(
              step,
              "sample",
              logits,
              seen,
              step.create(uniform),
              sampling.temperature(),
              sampling.topK(),
              sampling.topP(),
              sampling.repetitionPenalty());
      long[] tokens = result.get(0).toLongArray();
      float[] logProbabilities = result.get(1).toFloatArray();
      if (sampling.repetitionPenalty() != 1) {
        kernels.run(step, "remember", seen, result.get(0).reshape(new Shape(tokens.length, 1)));
      }
      for (int i = 0; i < tokens.length; i++) {
        if (!Float.isFinite(logProbabilities[i])) {
          throw new LlmException(
              "non_finite_logits", "the model's logits are not finite; its weights are damaged");
        }
        rows.get(i).nextLogProbability = logProbabilities[i];
      }
      return tokens;
    }
  }

  @Override
  public void close() {
    weights.close();
    adapterArrays.close();
  }

  /** Keys and values of all layers [batch, slots, kvHeads, headDim]. */
  private final class Cache {
    private final NDArray rows;
    private final RotaryTensors rotary;
    private final List<NDArray> keys = new ArrayList<>();
    private final List<NDArray> values = new ArrayList<>();

    private Cache(NDManager scope, int batch, int slots) {
      DecoderShape shape = decoder.shape();
      rows = scope.arange(batch).toType(DataType.INT64, false).reshape(batch, 1);
      rotary = RotaryTensors.of(scope, decoder, slots);
      Shape layer = new Shape(batch, slots, shape.kvHeads(), shape.headDim());
      for (int i = 0; i < shape.layers(); i++) {
        keys.add(decoder.toPrecision(scope, scope.zeros(layer)));
        values.add(decoder.toPrecision(scope, scope.zeros(layer)));
      }
    }
  }

  /** A row's state while it grows. */
  private static final class Row {
    private final int promptLength;
    private final SplittableRandom random;
    private int[] ids = new int[16];
    private double[] logProbabilities = new double[16];
    private int count;
    private double nextLogProbability;
    private GeneratedTokens.Finish finish;

    private Row(int promptLength, long seed, int row) {
      this.promptLength = promptLength;
      this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + row);
    }

    /**
     * @return whether the row is still open
     */
    private boolean accept(int token, int row, GenerationRequest request, TokenListener listener) {
      if (finish != null) {
        return false;
      }
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, 2 * count);
        logProbabilities = Arrays.copyOf(logProbabilities, 2 * count);
      }
      ids[count] = token;
      logProbabilities[count] = nextLogProbability;
      count++;
      boolean goesOn = listener.onToken(row, token);
      if (!goesOn || request.stopTokens().contains(token)) {
        finish = GeneratedTokens.Finish.STOP;
      }
      return finish == null;
    }

    private GeneratedTokens result() {
      return new GeneratedTokens(
          Arrays.copyOf(ids, count),
          Arrays.copyOf(logProbabilities, count),
          finish == null ? GeneratedTokens.Finish.LENGTH : finish);
    }
  }
}
