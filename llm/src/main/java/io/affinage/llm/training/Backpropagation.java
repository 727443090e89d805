package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.BlockGradient;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.RowTensors;
import io.affinage.llm.tensor.ThreadPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loss of a micro-batch and its gradients. On a CPU two threads compute half of it each where
 * that pays and an adapter is trained ({@link ThreadPair}, {@link Halves}).
 */
final class Backpropagation implements AutoCloseable {
  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final Optional<ThreadPair> threads;
  private final BlockGradient gradient;
  private final NDManager manager;
  private final DecoderHandles handles;
  private final DecoderHandles others;

  /** Micro-batches are computed as a whole. */
  Backpropagation(Decoder decoder, Trainables trainables, TrainingSettings settings) {
    this(decoder, trainables, settings, Optional.empty());
  }

  /**
   * @param threads compute a half each; see {@link #canBeDivided}
   */
  Backpropagation(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      Optional<ThreadPair> threads) {
    this(decoder, trainables, settings, threads, BlockGradient.of(trainables.adapter()));
  }

  /**
   * @param threads compute a half each; see {@link #canBeDivided}
   * @param gradient how the gradients of blocks are found
   */
  Backpropagation(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      Optional<ThreadPair> threads,
      BlockGradient gradient) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.threads = threads;
    this.gradient = gradient;
    this.manager = decoder.manager().newSubManager();
    this.handles = DecoderHandles.of(decoder, trainables.adapter());
    this.others = threads.isPresent() ? handles.aliases(manager) : handles;
  }

  /**
   * Whether micro-batches may be divided: gradients of weights would be there twice, and random
   * numbers come from one stream.
   */
  static boolean canBeDivided(Decoder decoder, Trainables trainables, TrainingSettings settings) {
    return !decoder.manager().getDevice().isGpu()
        && trainables.trainsAdapterAlone()
        && settings.regularisation().dropout() == 0
        && settings.regularisation().neftuneAlpha() == 0;
  }

  /**
   * Adds a micro-batch's gradients, times {@code scale}, to the accumulators.
   *
   * @param examples at least one
   * @param noiseSeed decides what dropout drops, and the noise on embeddings
   * @return the sum over target tokens of -log p (with label smoothing, of the smoothed loss), nats
   */
  double accumulate(List<TokenizedExample> examples, double scale, long noiseSeed) {
    PrefixTreeRow row = row(examples);
    Optional<Halves> halves =
        threads.isPresent() ? Halves.of(row, examples, this::row) : Optional.empty();
    return halves.isPresent()
        ? accumulate(halves.get(), scale, noiseSeed)
        : accumulate(row, scale, noiseSeed);
  }

  private PrefixTreeRow row(List<TokenizedExample> examples) {
    int virtual = trainables.adapter().virtualTokens();
    return PrefixTreeRow.of(
        examples.stream().map(example -> example.behind(virtual)).toList(),
        settings.sharesPrefixes(),
        decoder.config()::lengthClass);
  }

  /** As {@link #accumulate(List, double, long)}, of examples that are laid out. */
  double accumulate(PrefixTreeRow row, double scale, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      RowTensors tensors = RowTensors.of(scope, decoder, trainables.adapter(), row);
      NDArray embedded = embedded(scope, tensors, row, noiseSeed);
      ForwardBackward.Result result =
          pass(scope, handles, tensors, noiseSeed)
              .run(embedded, scale, trainables::addBlockGradients);
      if (trainables.trainsEmbedding()) {
        decoder
            .kernels()
            .run(
                scope,
                "embed_vjp",
                result.upstream(),
                tensors.tokens(),
                tensors.depths(),
                decoder.embedding(),
                decoder.positions(),
                trainables.embeddingGradients());
      }
      addPrompt(scope, result, tensors);
      return result.loss();
    }
  }

  /** Adds the gradient of the rows of virtual tokens, where there are some. */
  private void addPrompt(NDManager scope, ForwardBackward.Result result, RowTensors tensors) {
    trainables
        .promptGradient()
        .ifPresent(
            sum ->
                decoder
                    .kernels()
                    .run(scope, "prompt_vjp", result.upstream(), tensors.tokens(), sum));
  }

  /** As {@link #accumulate(List, double, long)}, of both halves at once. */
  double accumulate(Halves halves, double scale, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager();
        NDManager other = decoder.manager().newSubManager()) {
      RowTensors first = RowTensors.of(scope, decoder, trainables.adapter(), halves.first());
      RowTensors second = RowTensors.of(other, decoder, trainables.adapter(), halves.second());
      ForwardBackward one = pass(scope, handles, first, noiseSeed);
      ForwardBackward another = pass(other, others, second, noiseSeed);
      // Added when the first half's are, so that sums do not depend on which thread is ahead.
      List<Runnable> late = new ArrayList<>();
      List<ForwardBackward.Result> results =
          threads
              .orElseThrow()
              .run(
                  () -> one.run(first.embedded(), scale, trainables::addBlockGradients),
                  () ->
                      another.run(
                          second.embedded(),
                          scale,
                          (block, found) ->
                              late.add(() -> trainables.addBlockGradients(block, found))));
      late.forEach(Runnable::run);
      addPrompt(scope, results.get(0), first);
      addPrompt(other, results.get(1), second);
      return results.stream().mapToDouble(ForwardBackward.Result::loss).sum();
    }
  }

  private ForwardBackward pass(
      NDManager scope, DecoderHandles own, RowTensors tensors, long noiseSeed) {
    return new ForwardBackward(
        decoder, own, trainables, settings, scope, tensors, gradient, noiseSeed);
  }

  /** Embedded tokens, with each example's own noise where that is asked for. */
  private NDArray embedded(NDManager scope, RowTensors tensors, PrefixTreeRow row, long noiseSeed) {
    double alpha = settings.regularisation().neftuneAlpha();
    if (alpha == 0) {
      return tensors.embedded();
    }
    int[] lengths = row.tree().textLengths();
    int[] tokens = row.tree().tokens();
    int virtual = trainables.adapter().virtualTokens();
    float[] magnitudes = new float[lengths.length];
    for (int node = 0; node < magnitudes.length; node++) {
      double numbers = (double) (lengths[node] - virtual) * decoder.shape().hiddenSize();
      magnitudes[node] = tokens[node] < 0 ? 0 : (float) (alpha / Math.sqrt(numbers));
    }
    return decoder
        .kernels()
        .differentiable(
            scope,
            "noisy",
            tensors.embedded(),
            scope.create(magnitudes, new Shape(magnitudes.length, 1)),
            decoder.hostVector(scope, noiseSeed & 0x7fffffffL))
        .singletonOrThrow();
  }

  @Override
  public void close() {
    manager.close();
  }
}
