package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTree;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Continues prompts; all layers of several tokens are one native call where the decoder's blocks
 * stay in memory, and each layer is one where they come and go. Prompts of a batch may differ in
 * length, and what they share at their start is computed once. Not safe for use by several threads
 * at once.
 */
public final class Generator implements AutoCloseable {
  private final Decoder decoder;
  private final Kernels kernels;
  private final BlockPasses blocks;
  private final NDArray prompt;
  private final int virtualTokens;
  private PromptWork promptWork = PromptWork.NONE;
  private long passes;

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public Generator(Decoder decoder, BlockAdapter adapter) {
    this.decoder = decoder;
    this.kernels = decoder.kernels(adapter);
    this.blocks =
        decoder.blocks().resident()
            ? new WholePasses(decoder, adapter)
            : new BlockwisePasses(decoder, adapter);
    this.prompt = decoder.promptOf(adapter);
    this.virtualTokens = adapter.virtualTokens();
  }

  /**
   * Continues every prompt.
   *
   * @throws LlmException {@code prompt_empty}, {@code context_exceeded}, {@code
   *     token_beyond_vocabulary}
   */
  public List<GeneratedTokens> generate(GenerationRequest request, TokenListener listener) {
    List<int[]> prompts = request.prompts();
    if (prompts.isEmpty()) {
      return List.of();
    }
    check(request);
    List<GeneratedRow> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(new GeneratedRow(i, request, listener));
    }
    if (request.maxNewTokens() > 0) {
      try (NDManager scope = decoder.manager().newSubManager()) {
        decode(scope, request, rows, listener);
      }
    }
    return rows.stream().map(GeneratedRow::result).toList();
  }

  private void decode(
      NDManager scope, GenerationRequest request, List<GeneratedRow> rows, TokenListener listener) {
    NDArray seen = seen(scope, request);
    NDArray stops =
        Decoder.indices(scope, request.stopTokens().stream().mapToInt(Integer::intValue).toArray());
    NDArray done = scope.zeros(new Shape(rows.size()), DataType.BOOLEAN);
    Batch batch = new Batch(request, rows, seen, stops, done, listener);
    int count = 0;
    while (count < request.maxNewTokens() && rows.stream().anyMatch(GeneratedRow::isOpen)) {
      int tokens = Math.min(request.maxNewTokens() - count, tokensOfOneCache(rows));
      try (NDManager span = scope.newSubManager()) {
        decode(span, batch, count, count + tokens);
      }
      count += tokens;
    }
  }

  /** What stays while caches come and go. */
  private record Batch(
      GenerationRequest request,
      List<GeneratedRow> rows,
      NDArray seen,
      NDArray stops,
      NDArray done,
      TokenListener listener) {}

  /** New tokens after which some row has outgrown its cache, which is then computed anew. */
  private int tokensOfOneCache(List<GeneratedRow> rows) {
    int limit = decoder.config().cacheLimit();
    return rows.stream()
        .filter(GeneratedRow::isOpen)
        .mapToInt(row -> virtualTokens + row.text().length)
        .filter(length -> length <= limit)
        .map(length -> limit - length)
        .map(left -> left == Integer.MAX_VALUE ? left : left + 1)
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  /** New tokens of these numbers, from one cache. */
  private void decode(NDManager scope, Batch batch, int from, int to) {
    List<GeneratedRow> rows = batch.rows;
    List<int[]> texts = rows.stream().map(row -> laidOut(row.text())).toList();
    Cache cache = new Cache(scope, decoder, texts, to - from);
    NDArray logits = prefill(scope, texts, cache);
    NDArray drafted = Decoder.indices(scope, new int[0]);
    Sampling sampling = batch.request.sampling();
    int count = from;
    while (count < to && rows.stream().anyMatch(GeneratedRow::isOpen)) {
      // The first token at once, then as many as the listener can wait for.
      int chunk = count == 0 ? 1 : Math.min(blocks.chunk(), to - count);
      cache.reserve(cache.longest() + count - from + chunk);
      try (NDManager step = scope.newSubManager()) {
        NDList result =
            blocks.decode(
                step,
                new DecodeStep(
                    logits,
                    drafted,
                    batch.seen,
                    uniform(step, rows, chunk),
                    batch.stops,
                    batch.done,
                    cache.positions(step, count - from),
                    cache.longest() + count - from,
                    count + chunk < to,
                    cache,
                    sampling));
        logits.close();
        logits = result.get(2);
        logits.attach(scope);
        drafted.close();
        drafted = result.get(3);
        drafted.attach(scope);
        accept(rows, result.get(0), result.get(1));
        passes += result.get(4).getLong();
      }
      batch.listener.onBlock();
      count += chunk;
    }
  }

  /** A text behind the adapter's virtual tokens. */
  private int[] laidOut(int[] text) {
    return TokenizedExample.behind(virtualTokens, text);
  }

  /** Hands chosen tokens [n, batch] to their rows, in the order in which they were chosen. */
  private static void accept(List<GeneratedRow> rows, NDArray chosen, NDArray logProbabilities) {
    long[] tokens = chosen.toLongArray();
    float[] certainty = logProbabilities.toFloatArray();
    for (int i = 0; i < tokens.length; i++) {
      GeneratedRow row = rows.get(i % rows.size());
      if (row.isOpen()) {
        row.accept((int) tokens[i], certainty[i]);
      }
    }
  }

  private static NDArray uniform(NDManager scope, List<GeneratedRow> rows, int chunk) {
    float[] uniform = new float[chunk * rows.size()];
    for (int i = 0; i < uniform.length; i++) {
      uniform[i] = rows.get(i % rows.size()).nextUniform();
    }
    return scope.create(uniform, new Shape(chunk, rows.size()));
  }

  /**
   * The logits of what follows a prompt, [vocabulary] float32.
   *
   * @throws LlmException {@code prompt_empty}, {@code context_exceeded}
   */
  public float[] nextLogits(int[] text) {
    GenerationRequest request = new GenerationRequest(List.of(text), 0, Set.of(), Sampling.GREEDY);
    check(request);
    try (NDManager scope = decoder.manager().newSubManager()) {
      List<int[]> texts = List.of(laidOut(text));
      Cache cache = new Cache(scope, decoder, texts, 0);
      return prefill(scope, texts, cache).toFloatArray();
    }
  }

  private void check(GenerationRequest request) {
    int longest = 0;
    for (int[] prompt : request.prompts()) {
      if (prompt.length == 0) {
        throw new LlmException("prompt_empty", "a prompt has no tokens; give at least one");
      }
      decoder.requireTokens(prompt);
      longest = Math.max(longest, prompt.length);
    }
    int context = decoder.shape().maxPositions();
    if (virtualTokens + longest + request.maxNewTokens() > context) {
      throw new LlmException(
          "context_exceeded",
          "the prompt's %d tokens%s and %d new ones exceed the model's context of %d; shorten either"
              .formatted(
                  longest,
                  virtualTokens == 0 ? "" : ", the adapter's " + virtualTokens + " virtual ones",
                  request.maxNewTokens(),
                  context));
    }
  }

  private NDArray prefill(NDManager scope, List<int[]> texts, Cache cache) {
    PrefixTree tree = PrefixTree.of(texts, true, decoder.config()::lengthClass);
    promptWork = promptWork.plus(tree.tokenCount(), tree.nodes());
    try (NDManager inputs = scope.newSubManager()) {
      return blocks.prefill(scope, PromptTensors.of(inputs, decoder, prompt, tree), cache);
    }
  }

  /** What this generator's prompts have cost so far. */
  public PromptWork promptWork() {
    return promptWork;
  }

  /**
   * How often the weights were read for new tokens so far. Of one row with packed weights several
   * tokens may come of one pass: what its text says elsewhere is tried beside each, and kept as far
   * as the choice falls on it.
   */
  public long passes() {
    return passes;
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

  @Override
  public void close() {
    blocks.close();
  }
}
