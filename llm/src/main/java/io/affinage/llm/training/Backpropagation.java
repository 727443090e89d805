package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.BlockGradient;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.Reading;
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
  private final Reading reading;
  private final NDManager manager;
  private final DecoderHandles handles;
  private final DecoderHandles others;
  private final Optional<ValueTrunk> trunk;

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
    this(decoder, trainables, settings, threads, Reading.PLAIN);
  }

  /**
   * @param threads compute a half each; see {@link #canBeDivided}
   * @param reading of a language model's head
   */
  Backpropagation(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      Optional<ThreadPair> threads,
      Reading reading) {
    this(decoder, trainables, settings, threads, BlockGradient.of(trainables.adapter()), reading);
  }

  /**
   * @param threads compute a half each; see {@link #canBeDivided}
   * @param gradient how the gradients of blocks are found
   * @param reading of a language model's head
   */
  Backpropagation(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      Optional<ThreadPair> threads,
      BlockGradient gradient,
      Reading reading) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.threads = threads;
    this.gradient = gradient;
    this.reading = reading;
    this.manager = decoder.manager().newSubManager();
    this.handles = DecoderHandles.of(decoder, trainables.adapter());
    this.others = threads.isPresent() ? handles.aliases(manager) : handles;
    this.trunk = trainables.valueTrunk().map(this::trunk);
  }

  private ValueTrunk trunk(Trainables values) {
    DecoderHandles own = DecoderHandles.of(decoder, values.adapter());
    return new ValueTrunk(
        values,
        BlockGradient.of(values.adapter()),
        own,
        threads.isPresent() ? own.aliases(manager) : own);
  }

  /**
   * What gives values by an adapter of its own, on the same base.
   *
   * @param others the handles of the second half
   */
  private record ValueTrunk(
      Trainables trainables,
      BlockGradient gradient,
      DecoderHandles handles,
      DecoderHandles others) {}

  /**
   * The pass of a part that gives values. It is made within the policy's, once that has its
   * log-probabilities: of both together follows how either is weighted.
   */
  private final class ValuePass {
    private final RowTensors tensors;
    private final ForwardBackward pass;
    private final ForwardBackward.BlockGradients taker;
    private ForwardBackward.Result result;

    ValuePass(
        ValueTrunk of,
        NDManager scope,
        DecoderHandles own,
        GroupRow part,
        long noiseSeed,
        ForwardBackward.BlockGradients taker) {
      this.tensors = RowTensors.of(scope, decoder, of.trainables().adapter(), part.row());
      this.pass =
          new ForwardBackward(
              decoder,
              own,
              of.trainables(),
              settings,
              scope,
              tensors,
              of.gradient(),
              Reading.PLAIN,
              noiseSeed);
      this.taker = taker;
    }

    float[] values() {
      return pass.score(tensors.embedded()).numbers();
    }

    /** How the policy's part is weighted; asking for it makes this pass, there and back. */
    Weighting within(Weighting both) {
      if (both instanceof Weighting.Given given) {
        run(new Weighting.Given(given.values().orElseThrow(), 1, 0));
        return new Weighting.Given(given.weight(), given.scale(), given.smoothing());
      }
      return (Weighting.ByOutput)
          outputs -> {
            PlaceWeights[] found = new PlaceWeights[1];
            run(
                (Weighting.ByOutput)
                    values -> {
                      found[0] =
                          ((Weighting.ByOutput) both).of(outputs.withValues(values.numbers()));
                      return new PlaceWeights(found[0].values(), new float[0]);
                    });
            return new PlaceWeights(found[0].numbers(), new float[0]);
          };
    }

    private void run(Weighting weighting) {
      result = pass.run(tensors.embedded(), weighting, taker);
    }

    /** Adds what no block has. */
    void finish(NDManager scope) {
      Trainables trained = trunk.orElseThrow().trainables();
      trained.addHeadGradients(result.head());
      addPrompt(scope, trained, result, tensors);
    }
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

  /** Makes the weighting of one part of a micro-batch, on the thread that computes it. */
  @FunctionalInterface
  interface PartWeighting {
    /**
     * Called before the forward pass.
     *
     * @param pass of the part
     * @param thread 0, or 1 for the second half
     */
    Weighting of(GroupRow part, ForwardBackward pass, int thread);
  }

  /**
   * Adds the gradients of -log p of the target tokens of a micro-batch, times {@code scale}, to the
   * accumulators. The members of a group need not stay together.
   *
   * @param groups at least one
   * @param noiseSeed decides what dropout drops, and the noise on embeddings
   * @return the sum over target tokens of -log p (with label smoothing, of the smoothed loss), nats
   */
  double accumulate(List<Group> groups, double scale, long noiseSeed) {
    List<Group> singles =
        groups.stream().flatMap(group -> group.members().stream()).map(Group::of).toList();
    GroupRow row = row(singles);
    Optional<Halves> halves = halves(row);
    return halves.isPresent()
        ? accumulate(halves.get(), scale, noiseSeed)
        : accumulate(row.row(), scale, noiseSeed);
  }

  /** As {@link #accumulate(List, double, long)}, of examples that are laid out. */
  double accumulate(PrefixTreeRow row, double scale, long noiseSeed) {
    return whole(new GroupRow(List.of(), row), likelihood(scale), noiseSeed).loss();
  }

  /** As {@link #accumulate(List, double, long)}, of both halves at once. */
  double accumulate(Halves halves, double scale, long noiseSeed) {
    return both(halves, likelihood(scale), noiseSeed).stream()
        .mapToDouble(ForwardBackward.Result::loss)
        .sum();
  }

  private PartWeighting likelihood(double scale) {
    double smoothing = settings.regularisation().labelSmoothing();
    return (part, pass, thread) -> new Weighting.Given(pass.counts(), scale, smoothing);
  }

  /**
   * Adds the gradients of a micro-batch to the accumulators, weighted as a function of its
   * log-probabilities says. No group is divided.
   *
   * @param groups at least one
   * @param weighting asked for each part
   */
  void accumulate(List<Group> groups, PartWeighting weighting, long noiseSeed) {
    GroupRow row = row(groups);
    Optional<Halves> halves = halves(row);
    if (halves.isPresent()) {
      both(halves.get(), weighting, noiseSeed);
    } else {
      whole(row, weighting, noiseSeed);
    }
  }

  /** Takes the log-probabilities of a part. */
  @FunctionalInterface
  interface PartScores {
    /**
     * @param outputs of the head, by pair of the part's row
     * @param thread 0, or 1 for the second half
     */
    void take(GroupRow part, HeadOutputs outputs, int thread);
  }

  /**
   * The log-probabilities of a micro-batch's targets, of the same weights and noise as {@link
   * #accumulate} computes them.
   */
  void score(List<Group> groups, PartScores scores, long noiseSeed) {
    GroupRow row = row(groups);
    Optional<Halves> halves = halves(row);
    if (halves.isPresent()) {
      threads
          .orElseThrow()
          .run(
              () -> score(halves.get().first(), handles, 0, scores, noiseSeed),
              () -> score(halves.get().second(), others, 1, scores, noiseSeed));
    } else {
      score(row, handles, 0, scores, noiseSeed);
    }
  }

  private Void score(
      GroupRow part, DecoderHandles own, int thread, PartScores scores, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      RowTensors tensors = RowTensors.of(scope, decoder, trainables.adapter(), part.row());
      NDArray embedded = embedded(scope, tensors, part.row(), noiseSeed);
      HeadOutputs outputs = pass(scope, own, tensors, noiseSeed).score(embedded);
      scores.take(
          part,
          values(part, scope, thread, noiseSeed, (block, found) -> {})
              .map(values -> outputs.withValues(values.values()))
              .orElse(outputs),
          thread);
      return null;
    }
  }

  private Optional<ValuePass> values(
      GroupRow part,
      NDManager scope,
      int thread,
      long noiseSeed,
      ForwardBackward.BlockGradients taker) {
    return trunk.map(
        of ->
            new ValuePass(
                of, scope, thread == 0 ? of.handles() : of.others(), part, noiseSeed, taker));
  }

  private static Weighting within(Optional<ValuePass> values, Weighting weighting) {
    return values.map(pass -> pass.within(weighting)).orElse(weighting);
  }

  /** Adds the gradients of a block of what gives values. */
  private void addOfValues(int block, NDList found) {
    trunk.orElseThrow().trainables().addBlockGradients(block, found);
  }

  private GroupRow row(List<Group> groups) {
    return GroupRow.of(
        groups,
        decoder,
        settings.sharesPrefixes(),
        trainables.adapter().virtualTokens(),
        trainables.scalarHead());
  }

  private Optional<Halves> halves(GroupRow row) {
    return threads.isPresent() ? Halves.of(row, this::row) : Optional.empty();
  }

  private ForwardBackward.Result whole(GroupRow part, PartWeighting weighting, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      PrefixTreeRow row = part.row();
      RowTensors tensors = RowTensors.of(scope, decoder, trainables.adapter(), row);
      NDArray embedded = embedded(scope, tensors, row, noiseSeed);
      ForwardBackward pass = pass(scope, handles, tensors, noiseSeed);
      Optional<ValuePass> values = values(part, scope, 0, noiseSeed, this::addOfValues);
      ForwardBackward.Result result =
          pass.run(
              embedded, within(values, weighting.of(part, pass, 0)), trainables::addBlockGradients);
      trainables.addHeadGradients(result.head());
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
      addPrompt(scope, trainables, result, tensors);
      values.ifPresent(each -> each.finish(scope));
      return result;
    }
  }

  /** Adds the gradient of the rows of virtual tokens, where there are some. */
  private void addPrompt(
      NDManager scope, Trainables trained, ForwardBackward.Result result, RowTensors tensors) {
    trained
        .promptGradient()
        .ifPresent(
            sum ->
                decoder
                    .kernels()
                    .run(scope, "prompt_vjp", result.upstream(), tensors.tokens(), sum));
  }

  private List<ForwardBackward.Result> both(
      Halves halves, PartWeighting weighting, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager();
        NDManager other = decoder.manager().newSubManager()) {
      RowTensors first = RowTensors.of(scope, decoder, trainables.adapter(), halves.first().row());
      RowTensors second =
          RowTensors.of(other, decoder, trainables.adapter(), halves.second().row());
      ForwardBackward one = pass(scope, handles, first, noiseSeed);
      ForwardBackward another = pass(other, others, second, noiseSeed);
      // Added when the first half's are, so that sums do not depend on which thread is ahead.
      List<Runnable> late = new ArrayList<>();
      Optional<ValuePass> values = values(halves.first(), scope, 0, noiseSeed, this::addOfValues);
      Optional<ValuePass> otherValues =
          values(
              halves.second(),
              other,
              1,
              noiseSeed,
              (block, found) -> late.add(() -> addOfValues(block, found)));
      List<ForwardBackward.Result> results =
          threads
              .orElseThrow()
              .run(
                  () ->
                      one.run(
                          first.embedded(),
                          within(values, weighting.of(halves.first(), one, 0)),
                          trainables::addBlockGradients),
                  () ->
                      another.run(
                          second.embedded(),
                          within(otherValues, weighting.of(halves.second(), another, 1)),
                          (block, found) ->
                              late.add(() -> trainables.addBlockGradients(block, found))));
      late.forEach(Runnable::run);
      results.forEach(result -> trainables.addHeadGradients(result.head()));
      addPrompt(scope, trainables, results.get(0), first);
      addPrompt(other, trainables, results.get(1), second);
      values.ifPresent(each -> each.finish(scope));
      otherValues.ifPresent(each -> each.finish(other));
      return results;
    }
  }

  private ForwardBackward pass(
      NDManager scope, DecoderHandles own, RowTensors tensors, long noiseSeed) {
    return new ForwardBackward(
        decoder, own, trainables, settings, scope, tensors, gradient, reading, noiseSeed);
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
