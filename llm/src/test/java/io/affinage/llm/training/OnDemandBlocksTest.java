package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.BlockStore;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.OnDemandBlocks;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks that are read from a mapped file and dropped give the bits of blocks that stay. */
class OnDemandBlocksTest {

  /** Counts what is in memory, of a store that drops what nobody reads. */
  private static final class Counting implements BlockStore {
    private final OnDemandBlocks store;
    private final List<Integer> readers = new ArrayList<>();
    private int most;

    Counting(int layers, IntFunction<BlockWeights> loader) {
      this.store = new OnDemandBlocks(layers, loader);
    }

    @Override
    public int layers() {
      return store.layers();
    }

    @Override
    public boolean resident() {
      return store.resident();
    }

    @Override
    public synchronized BlockWeights acquire(int layer) {
      readers.add(layer);
      Set<Integer> different = new HashSet<>(readers);
      most = Math.max(most, different.size());
      return store.acquire(layer);
    }

    @Override
    public synchronized void release(int layer) {
      readers.remove(Integer.valueOf(layer));
      store.release(layer);
    }

    @Override
    public void close() {
      store.close();
    }
  }

  /** What a model computes and becomes. */
  private record Results(
      List<float[]> losses, List<float[]> trained, List<List<Integer>> generated, int mostHeld) {}

  @ParameterizedTest
  @CsvSource({
    "llama3-rope, FLOAT32",
    "llama3-rope, BFLOAT16",
    "qwen2, FLOAT32",
    "gpt2, FLOAT32",
    "gemma2, FLOAT32",
    "phi3, FLOAT32"
  })
  void shouldComputeTrainAndGenerateTheSameBits(String family, Precision precision) {
    FamilyFixture fixture = FamilyFixture.named(family);
    Results resident = results(fixture, precision, Optional.empty());
    List<Counting> stores = new ArrayList<>();
    Results onDemand =
        results(
            fixture,
            precision,
            Optional.of(
                (layers, loader) -> {
                  stores.add(new Counting(layers, loader));
                  return stores.get(0);
                }));

    assertThat(onDemand.losses()).usingRecursiveComparison().isEqualTo(resident.losses());
    assertThat(onDemand.trained()).usingRecursiveComparison().isEqualTo(resident.trained());
    assertThat(onDemand.generated()).isEqualTo(resident.generated());
    // One for each half of a batch.
    assertThat(onDemand.mostHeld()).isBetween(1, 2);
    assertThat(stores.get(0).readers).isEmpty();
  }

  @Test
  void shouldRefuseToTrainWeightsThatDoNotStay() {
    FamilyFixture fixture = FamilyFixture.named("llama3-rope");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(
                root,
                fixture.checkpoint(),
                Precision.FLOAT32,
                WeightForm.PLAIN,
                OnDemandBlocks::new)) {
      assertThatThrownBy(() -> Trainables.allWeights(decoder))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weights_not_resident"));
      try (Trainables head = Trainables.of(decoder, WeightSelection.embeddings(decoder.config()))) {
        assertThat(head.size()).isPositive();
      }
    }
  }

  private static Results results(
      FamilyFixture fixture, Precision precision, Optional<BlockStore.Factory> store) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            store.isPresent()
                ? DecoderFiles.load(
                    root, fixture.checkpoint(), precision, WeightForm.PLAIN, store.get())
                : DecoderFiles.load(root, fixture.checkpoint(), precision);
        LoraAdapter adapter =
            LoraAdapter.initialise(
                decoder, new LoraConfig(2, 4, 0, false, List.of("all-linear")), 3)) {
      List<TokenizedExample> examples = examples(decoder.shape().vocabularySize());
      List<float[]> losses = new ArrayList<>();
      losses.add(numbers(new LossMeter(decoder, adapter).losses(examples, 4)));
      List<float[]> trained;
      TrainingSettings settings =
          TrainingSettings.DEFAULT.withMaxSteps(3).with(Batching.of(4)).withSeed(5);
      try (Trainables trainables = Trainables.of(decoder, adapter);
          TrainingRun run = TrainingRun.overExamples(decoder, trainables, settings, examples)) {
        Recorder recorder = Recorder.toTheEnd();
        run.run(recorder, Optional.empty());
        trained = TinyModel.values(trainables);
        recorder.steps.forEach(
            step -> losses.add(new float[] {(float) step.loss(), (float) step.gradNorm()}));
      }
      losses.add(numbers(new LossMeter(decoder, adapter).losses(examples, 4)));
      List<List<Integer>> generated = new ArrayList<>();
      try (Generator generator = new Generator(decoder, adapter)) {
        GenerationRequest request =
            new GenerationRequest(
                List.of(new int[] {3, 4, 5}, new int[] {3, 6}), 6, Set.of(), Sampling.GREEDY);
        for (GeneratedTokens each : generator.generate(request, TokenListener.NONE)) {
          List<Integer> ids = new ArrayList<>();
          for (int id : each.ids()) {
            ids.add(id);
          }
          generated.add(ids);
        }
      }
      int most = decoder.blocks() instanceof Counting counting ? counting.most : 0;
      return new Results(losses, trained, generated, most);
    }
  }

  private static float[] numbers(List<LossMeter.Loss> losses) {
    float[] sums = new float[losses.size()];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = (float) losses.get(i).sum();
    }
    return sums;
  }

  private static List<TokenizedExample> examples(int vocabulary) {
    Random random = new Random(17);
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int[] ids = random.ints(8 + i, 1, vocabulary).toArray();
      ids[0] = 7;
      ids[1] = 9;
      examples.add(TokenizedExample.targetsFrom("e" + i, ids, 3));
    }
    return examples;
  }
}
