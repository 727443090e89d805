package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.TargetLogProbabilities;
import io.affinage.llm.model.TargetValues;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Ppo;
import io.affinage.llm.objective.ScoredBatch;
import io.affinage.llm.objective.ScoredGroup;
import io.affinage.llm.objective.ScoredSequence;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.tensor.ThreadPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A head of values beside the language model's, at a temperature: what it gives and its gradients,
 * beside a way that computes every prefix of every text anew.
 */
class ValueHeadTest {
  private static final double TEMPERATURE = 0.7;
  private static final LoraConfig LORA = new LoraConfig(3, 6, 0, false, List.of("all-linear"));
  private static final Ppo PPO = new Ppo(0.2, 0.3, 0.5, 0.2, KlEstimator.K3);
  private static final Reading READING = new Reading(TEMPERATURE, true);

  /** Uneven groups, of which some share their prompts. */
  private static List<Group> groups(int count) {
    List<TokenizedExample> examples = TinyModel.examples(2 * count, 5);
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      groups.add(
          i % 3 == 0
              ? new Group(List.of(examples.get(2 * i), examples.get(2 * i + 1)))
              : Group.of(examples.get(2 * i)));
    }
    return groups;
  }

  private static float[] random(long seed, int length, double by) {
    Random random = new Random(seed);
    float[] found = new float[length];
    for (int i = 0; i < length; i++) {
      found[i] = (float) (by * random.nextGaussian());
    }
    return found;
  }

  /** Signals near what the model gives, so that some are clipped and some are not. */
  private static Map<Signal, float[]> known(TokenizedExample member) {
    int targets = member.targetCount();
    long seed = member.id().hashCode();
    float[] old = random(seed, targets, 0.3);
    for (int i = 0; i < targets; i++) {
      old[i] -= 3.6f;
    }
    Map<Signal, float[]> known = new EnumMap<>(Signal.class);
    known.put(Signal.OLD_LOGP, old);
    known.put(Signal.ADVANTAGE, random(seed + 1, targets, 1));
    known.put(Signal.OLD_VALUE, random(seed + 2, targets, 0.3));
    known.put(Signal.RETURN, random(seed + 3, targets, 1));
    return known;
  }

  private static float[] reference(TokenizedExample member) {
    float[] reference = random(member.id().hashCode() + 4, member.targetCount(), 0.3);
    for (int i = 0; i < reference.length; i++) {
      reference[i] -= 3.6f;
    }
    return reference;
  }

  private static BatchSource source(List<Group> groups) {
    return new BatchSource() {
      @Override
      public List<Group> next(int step) {
        return groups;
      }

      @Override
      public Map<Signal, float[]> known(Group group, int member) {
        return ValueHeadTest.known(group.members().get(member));
      }
    };
  }

  private static ScalarHead head(Decoder decoder) {
    return ScalarHead.of(
        decoder, random(3, decoder.shape().hiddenSize(), 0.3), OptionalInt.empty());
  }

  private static StepLoss.Result accumulate(
      TinyModel model,
      Trainables trainables,
      List<Group> groups,
      Batching batching,
      Optional<ThreadPair> threads) {
    TrainingSettings settings = TrainingSettings.DEFAULT.with(batching);
    try (Backpropagation backpropagation =
        new Backpropagation(model.decoder, trainables, settings, threads, READING)) {
      return new ObjectiveLoss(
              PPO,
              backpropagation,
              Optional.of(
                  (Reference)
                      (part, thread) ->
                          part.groups().stream()
                              .flatMap(group -> group.members().stream())
                              .map(ValueHeadTest::reference)
                              .toList()),
              source(groups),
              batching)
          .accumulate(groups, 0);
    }
  }

  /** log p at the temperature, entropy and value of each target, prefix by prefix. */
  private static List<float[]> slowly(
      TinyModel model, Adapter adapter, ScalarHead head, TokenizedExample text) {
    int first = text.targetSpans()[0];
    int targets = text.targetCount();
    float[] logp = new float[targets];
    float[] entropy = new float[targets];
    List<TokenizedExample> prefixes = new ArrayList<>();
    try (Generator generator = new Generator(model.decoder, adapter)) {
      for (int t = 0; t < targets; t++) {
        int[] prefix = Arrays.copyOf(text.ids(), first + t);
        prefixes.add(new TokenizedExample("prefix", prefix, new int[0]));
        float[] logits = generator.nextLogits(prefix);
        double sum = 0;
        for (float logit : logits) {
          sum += Math.exp(logit / TEMPERATURE);
        }
        logp[t] = (float) (logits[text.ids()[first + t]] / TEMPERATURE - Math.log(sum));
        double all = 0;
        for (float logit : logits) {
          double each = logit / TEMPERATURE - Math.log(sum);
          all -= Math.exp(each) * each;
        }
        entropy[t] = (float) all;
      }
    }
    return List.of(logp, entropy, head.scores(model.decoder, adapter, prefixes));
  }

  private static Loss slowLoss(
      TinyModel model, Adapter adapter, ScalarHead head, List<Group> groups) {
    return slowLoss(model, adapter, adapter, head, groups);
  }

  /**
   * @param ofValues the adapter that values are read with
   */
  private static Loss slowLoss(
      TinyModel model, Adapter adapter, Adapter ofValues, ScalarHead head, List<Group> groups) {
    List<ScoredGroup> scored = new ArrayList<>();
    for (Group group : groups) {
      List<ScoredSequence> members = new ArrayList<>();
      for (TokenizedExample member : group.members()) {
        List<float[]> found = slowly(model, adapter, head, member);
        Map<Signal, float[]> signals = known(member);
        signals.put(Signal.REFERENCE_LOGP, reference(member));
        signals.put(Signal.ENTROPY, found.get(1));
        signals.put(
            Signal.VALUE,
            ofValues == adapter ? found.get(2) : slowly(model, ofValues, head, member).get(2));
        members.add(new ScoredSequence(found.get(0), signals));
      }
      scored.add(new ScoredGroup(members));
    }
    return PPO.of(ScoredBatch.whole(scored));
  }

  /** The entropy is exact, and at the temperature: rlhf point 10. */
  @Test
  void shouldGiveWhatEveryPrefixGivesAlone() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        ScalarHead head = head(model.decoder);
        Trainables trainables = Trainables.withValues(model.decoder, adapter, head)) {
      List<Group> groups = groups(4);
      StepLoss.Result found =
          accumulate(model, trainables, groups, Batching.of(4), Optional.empty());
      Loss slow = slowLoss(model, adapter, head, groups);
      assertThat(found.loss()).isCloseTo(slow.value(), within(1e-5));
      PPO.told(slow.metrics())
          .forEach(
              (name, value) ->
                  assertThat(found.metrics().get(name)).as(name).isCloseTo(value, within(2e-5)));
      TokenizedExample text = groups.get(0).members().get(0);
      PrefixTreeRow row = PrefixTreeRow.of(List.of(text), true);
      List<float[]> alone = slowly(model, adapter, head, text);
      assertThat(
              row.ofDocument(
                  0, new TargetLogProbabilities(model.decoder, adapter, READING).of(row)))
          .containsExactly(alone.get(0), within(1e-5f));
      assertThat(row.ofDocument(0, new TargetValues(model.decoder, adapter, head).of(row)))
          .containsExactly(alone.get(2), within(1e-5f));
    }
  }

  @Test
  void shouldHaveTheGradientsOfItsLoss() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        ScalarHead head = head(model.decoder);
        Trainables trainables = Trainables.withValues(model.decoder, adapter, head)) {
      List<Group> groups = groups(4);
      accumulate(model, trainables, groups, Batching.of(4), Optional.empty());
      List<float[]> gradients = TinyModel.gradients(trainables);
      assertThat(trainables.parameters().get(gradients.size() - 1).name())
          .isEqualTo(Trainables.VALUE_KEY);
      Random random = new Random(2);
      for (int p = 0; p < gradients.size(); p += p < gradients.size() - 4 ? 3 : 1) {
        Trainables.Parameter parameter = trainables.parameters().get(p);
        int at = random.nextInt(gradients.get(p).length);
        double slope =
            (moved(model, adapter, head, parameter, at, 1e-3f, groups)
                    - moved(model, adapter, head, parameter, at, -1e-3f, groups))
                / 2e-3;
        assertThat((double) gradients.get(p)[at])
            .as(parameter.name())
            .isCloseTo(slope, within(5e-3 * Math.abs(slope) + 5e-4));
      }
    }
  }

  private static double moved(
      TinyModel model,
      Adapter adapter,
      ScalarHead head,
      Trainables.Parameter parameter,
      int at,
      float by,
      List<Group> groups) {
    return moved(model, adapter, adapter, head, parameter, at, by, groups);
  }

  private static double moved(
      TinyModel model,
      Adapter adapter,
      Adapter ofValues,
      ScalarHead head,
      Trainables.Parameter parameter,
      int at,
      float by,
      List<Group> groups) {
    float[] values = parameter.weight().toFloatArray();
    float before = values[at];
    values[at] = before + by;
    model.decoder.assign(parameter.weight(), values);
    double loss = slowLoss(model, adapter, ofValues, head, groups).value();
    values[at] = before;
    model.decoder.assign(parameter.weight(), values);
    return loss;
  }

  /**
   * Values by an adapter of their own: their loss moves nothing of the policy, and its own none.
   */
  @Test
  void shouldHaveTheGradientsOfItsLossWithATrunkOfItsOwn() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        LoraAdapter own = TinyModel.randomAdapter(model.decoder, LORA, 0.2);
        ScalarHead head = head(model.decoder);
        Trainables trainables = Trainables.withValueTrunk(model.decoder, adapter, own, head)) {
      List<Group> groups = groups(4);
      StepLoss.Result found =
          accumulate(model, trainables, groups, Batching.of(4), Optional.empty());
      assertThat(found.loss())
          .isCloseTo(slowLoss(model, adapter, own, head, groups).value(), within(1e-5));
      List<float[]> gradients = TinyModel.gradients(trainables);
      List<Trainables.Parameter> parameters = trainables.parameters();
      assertThat(gradients).hasSameSizeAs(parameters);
      assertThat(parameters.stream().map(Trainables.Parameter::name)).doesNotHaveDuplicates();
      assertThat(trainables.size())
          .isEqualTo(gradients.stream().mapToLong(each -> each.length).sum());
      int policy = adapter.parameters().size();
      assertThat(parameters.subList(policy, parameters.size()))
          .hasSize(policy + 1)
          .allSatisfy(each -> assertThat(each.name()).startsWith(Trainables.VALUE_TRUNK));
      Random random = new Random(2);
      for (int p = 0; p < gradients.size(); p += p < gradients.size() - 4 ? 3 : 1) {
        Trainables.Parameter parameter = parameters.get(p);
        int at = random.nextInt(gradients.get(p).length);
        double slope =
            (moved(model, adapter, own, head, parameter, at, 1e-3f, groups)
                    - moved(model, adapter, own, head, parameter, at, -1e-3f, groups))
                / 2e-3;
        assertThat((double) gradients.get(p)[at])
            .as(parameter.name())
            .isCloseTo(slope, within(5e-3 * Math.abs(slope) + 5e-4));
      }
    }
  }

  /** Uneven micro-batches, prefixes shared or not, and two threads: rlhf point 11. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldGiveTheSameUnderAnyDivision(boolean ownTrunk) {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        LoraAdapter own = TinyModel.randomAdapter(model.decoder, LORA, 0.2);
        ScalarHead head = head(model.decoder);
        Trainables trainables =
            ownTrunk
                ? Trainables.withValueTrunk(model.decoder, adapter, own, head)
                : Trainables.withValues(model.decoder, adapter, head);
        ThreadPair threads =
            ThreadPair.start().orElseGet(() -> Assumptions.abort("no even number of processors"))) {
      List<Group> groups = groups(60);
      StepLoss.Result whole =
          accumulate(model, trainables, groups, Batching.of(60), Optional.empty());
      List<float[]> expected = TinyModel.gradients(trainables);
      for (Batching batching :
          List.of(new Batching(60, 7, 0, true), new Batching(60, 1, 45, false), Batching.of(60))) {
        trainables.clearGradients();
        StepLoss.Result found =
            accumulate(model, trainables, groups, batching, Optional.of(threads));
        assertThat(found.loss()).isCloseTo(whole.loss(), within(1e-5));
        whole
            .metrics()
            .forEach(
                (name, value) ->
                    assertThat(found.metrics().get(name)).as(name).isCloseTo(value, within(1e-5)));
        List<float[]> gradients = TinyModel.gradients(trainables);
        for (int i = 0; i < gradients.size(); i++) {
          assertThat(gradients.get(i)).containsExactly(expected.get(i), within(1e-5f));
        }
      }
    }
  }

  /** The tied output head and the norms get gradients from both. */
  @Test
  void shouldTrainAllWeightsBesideValues() {
    try (TinyModel model = new TinyModel();
        LoraAdapter none = LoraAdapter.initialise(model.decoder, LORA, 1);
        ScalarHead head = head(model.decoder);
        Trainables trainables = Trainables.withValues(model.decoder, WeightSelection.ALL, head)) {
      List<Group> groups = groups(3);
      accumulate(model, trainables, groups, Batching.of(3), Optional.empty());
      List<float[]> gradients = TinyModel.gradients(trainables);
      for (int p : new int[] {0, gradients.size() - 2, gradients.size() - 1}) {
        Trainables.Parameter parameter = trainables.parameters().get(p);
        int at = 5;
        double slope =
            (moved(model, none, head, parameter, at, 1e-3f, groups)
                    - moved(model, none, head, parameter, at, -1e-3f, groups))
                / 2e-3;
        assertThat((double) gradients.get(p)[at])
            .as(parameter.name())
            .isCloseTo(slope, within(5e-3 * Math.abs(slope) + 5e-4));
      }
    }
  }

  @Test
  void shouldRefuseValuesWithoutAHead() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      TrainingInputs inputs =
          TrainingInputs.of(groups(3)).minimising(new Aim(PPO, model.decoder.withoutAdapter()));
      assertThatThrownBy(
              () -> new TrainingRun(model.decoder, trainables, TrainingSettings.DEFAULT, inputs))
          .isInstanceOf(LlmException.class)
          .hasMessageContaining("ppo learns values");
    }
  }
}
