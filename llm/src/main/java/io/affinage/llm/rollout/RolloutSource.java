package io.affinage.llm.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.EpochOrder;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.training.BatchSource;
import io.affinage.llm.training.StopRequestedException;
import io.affinage.llm.training.TrainingSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Batches of answers that the model samples as training goes: prompts, answers of the model as it
 * is now, rewards, advantages. Answers to a prompt are a group. What comes is a function of the
 * weights, the settings and the rewards, so a run that is resumed meets the same answers; those
 * that further steps learn from are part of the position. What a {@link RolloutLog} has of an
 * iteration is neither sampled nor scored again.
 */
public final class RolloutSource implements BatchSource {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Answers that are sampled together at the most, where a group has not more. So many rows read
   * the weights often enough to be worth it, and few enough are lost when a process dies. The
   * number decides how sums are rounded: runs that were begun with another sample other answers.
   */
  private static final int ANSWERS_AT_ONCE = 64;

  private final Decoder decoder;
  private final BlockAdapter policy;
  private Decoder sampler;
  private Runnable unlessStopped = () -> {};
  private final List<RolloutPrompt> prompts;
  private final RolloutSettings settings;
  private final RewardFunction rewards;
  private final RolloutLog log;
  private final Supplier<String> digest;
  private Optional<String> policyDigest = Optional.empty();
  private Optional<String> sampledBy = Optional.empty();
  private final TokenSignals signals;
  private List<List<ScoredRollout>> scored = List.of();
  private AdvantageRule.Learned learned = new AdvantageRule.Learned(List.of(), Map.of(), 0);
  private double coefficient;
  private Map<Group, List<Map<Signal, float[]>>> ofGroups = new IdentityHashMap<>();

  /**
   * @param policy the adapter that is trained, or {@link Decoder#withoutAdapter()}
   * @throws LlmException {@code no_prompts}
   */
  public RolloutSource(
      Decoder decoder,
      BlockAdapter policy,
      List<RolloutPrompt> prompts,
      RolloutSettings settings,
      RewardFunction rewards) {
    this(decoder, policy, prompts, settings, rewards, TokenSignals.NONE, RolloutLog.NONE, () -> "");
  }

  /**
   * A source whose iterations are kept on record, and taken from there.
   *
   * @param digest of what is trained, as it is now
   * @throws LlmException {@code no_prompts}
   */
  public RolloutSource(
      Decoder decoder,
      BlockAdapter policy,
      List<RolloutPrompt> prompts,
      RolloutSettings settings,
      RewardFunction rewards,
      RolloutLog log,
      Supplier<String> digest) {
    this(decoder, policy, prompts, settings, rewards, TokenSignals.NONE, log, digest);
  }

  /**
   * As above, where more is learned by than rewards.
   *
   * @param signals all that the rule of advantages reads
   * @throws LlmException {@code no_prompts}
   */
  public RolloutSource(
      Decoder decoder,
      BlockAdapter policy,
      List<RolloutPrompt> prompts,
      RolloutSettings settings,
      RewardFunction rewards,
      TokenSignals signals,
      RolloutLog log,
      Supplier<String> digest) {
    if (!signals.names().containsAll(settings.advantage().reads())) {
      throw new IllegalArgumentException(
          "%s reads %s, but there is %s"
              .formatted(settings.advantage(), settings.advantage().reads(), signals.names()));
    }
    if (prompts.isEmpty()) {
      throw new LlmException("no_prompts", "there are no prompts to answer");
    }
    this.decoder = decoder;
    this.sampler = decoder;
    this.policy = policy;
    this.prompts = List.copyOf(prompts);
    this.settings = settings;
    this.rewards = rewards;
    this.log = log;
    this.digest = digest;
    this.signals = signals;
    this.coefficient = settings.advantage().firstCoefficient();
  }

  /**
   * Has answers sampled by another form of the same frozen weights, packed ones, which is faster.
   * To be called before the first step.
   *
   * @param sampler stays the caller's
   */
  public RolloutSource sampledFrom(Decoder sampler) {
    this.sampler = sampler;
    return this;
  }

  /**
   * Asks while answers are sampled whether the run is to stop: between blocks of tokens, and
   * between the passes for what else is known of them. Batches of answers that are on record by
   * then are not sampled again, nor do others come of the rest.
   */
  public RolloutSource stoppedBy(BooleanSupplier stop) {
    this.unlessStopped =
        () -> {
          if (stop.getAsBoolean()) {
            throw new StopRequestedException();
          }
        };
    return this;
  }

  /**
   * What steps learn from at the most, for counting and for the preflight: to each prompt a group
   * of the longest answers.
   */
  public List<Group> likeness() {
    return prompts.stream()
        .map(
            prompt -> {
              List<TokenizedExample> members = new ArrayList<>();
              for (int sample = 0; sample < settings.groupSize(); sample++) {
                int[] answer = new int[settings.maxNewTokens()];
                Arrays.fill(answer, prompt.ids()[0]);
                answer[0] =
                    sample
                        % decoder
                            .shape()
                            .vocabularySize(); // so that answers share no more than their prompt
                members.add(example(prompt, sample, answer));
              }
              return new Group(members);
            })
        .toList();
  }

  @Override
  public double temperature() {
    return settings.temperature();
  }

  /** All answers of a pass over the prompts are learned from as often as the settings say. */
  @Override
  public int totalSteps(TrainingSettings training, int groups) {
    int once = training.totalSteps(groups);
    return training.maxSteps() > 0 ? once : once * settings.updates().count();
  }

  @Override
  public List<Group> next(int step) {
    int updates = settings.updates().count();
    int iteration = step / updates;
    if (step % updates == 0 || scored.isEmpty()) {
      Iteration made = iteration(iteration);
      // May end the run, which then is where it was before.
      double[] scores = scores(made);
      if (step > 0 && step % updates == 0) {
        coefficient = learned.nextCoefficient();
      }
      sampledBy = Optional.of(made.policy());
      learn(scored(made.rollouts(), scores));
    }
    return part(learnable(), iteration, step % updates);
  }

  private void learn(List<List<ScoredRollout>> groups) {
    scored = groups;
    learned = settings.advantage().of(groups, coefficient);
  }

  /** The groups of all answers that count. */
  private List<Group> learnable() {
    ofGroups = new IdentityHashMap<>();
    List<Group> groups = new ArrayList<>();
    for (int g = 0; g < scored.size(); g++) {
      List<TokenizedExample> members = new ArrayList<>();
      List<Map<Signal, float[]>> known = new ArrayList<>();
      for (int m = 0; m < scored.get(g).size(); m++) {
        ScoredRollout each = scored.get(g).get(m);
        Map<Signal, float[]> own = learned.signals().get(g).get(m);
        if (own.isEmpty() || settings.masksTruncated() && !each.ended()) {
          continue;
        }
        members.add(text(each.rollout()));
        Map<Signal, float[]> all = new EnumMap<>(Signal.class);
        all.putAll(each.rollout().signals());
        all.put(Signal.OLD_LOGP, each.logp());
        all.putAll(own);
        known.add(all);
      }
      if (!members.isEmpty()) {
        Group group = new Group(members);
        ofGroups.put(group, known);
        groups.add(group);
      }
    }
    return groups;
  }

  /** Of all groups those of an update; of few groups some updates have none. */
  private List<Group> part(List<Group> groups, int iteration, int update) {
    int parts = settings.updates().miniBatches();
    if (parts == 1) {
      return groups;
    }
    int[] order =
        EpochOrder.shuffled(
            groups.size(), settings.seed() * 1_000_003L + iteration, update / parts);
    long part = update % parts;
    return Arrays.stream(
            order, (int) (part * groups.size() / parts), (int) ((part + 1) * groups.size() / parts))
        .mapToObj(groups::get)
        .toList();
  }

  private List<RolloutPrompt> chosen(int iteration) {
    int perStep = Math.min(settings.promptsPerStep(), prompts.size());
    int perEpoch = (prompts.size() + perStep - 1) / perStep;
    int[] order = EpochOrder.shuffled(prompts.size(), settings.seed(), iteration / perEpoch);
    int from = iteration % perEpoch * perStep;
    return Arrays.stream(order, from, Math.min(prompts.size(), from + perStep))
        .mapToObj(prompts::get)
        .toList();
  }

  @Override
  public void stepped(int steps) {
    policyDigest = Optional.empty();
    if (steps % settings.updates().count() == 0 && sampledBy.isPresent()) {
      log.recordUpdate(steps / settings.updates().count() - 1, sampledBy.get(), policyDigest());
    }
  }

  private String policyDigest() {
    if (policyDigest.isEmpty()) {
      policyDigest = Optional.of(digest.get());
    }
    return policyDigest.get();
  }

  /** As it is on record, or else sampled now. */
  private Iteration iteration(int number) {
    List<RolloutPrompt> repeated = new ArrayList<>();
    for (RolloutPrompt prompt : chosen(number)) {
      for (int sample = 0; sample < settings.groupSize(); sample++) {
        repeated.add(prompt);
      }
    }
    Sampling sampling =
        Sampling.whole(settings.temperature(), settings.seed() * 1_000_003L + number);
    Optional<Iteration> known =
        log.sampled(number, policyDigest()).filter(each -> isOf(each, repeated, sampling));
    if (known.isPresent()) {
      return known.get();
    }
    Iteration made =
        new Iteration(
            number,
            policyDigest(),
            sampling,
            settings.maxNewTokens(),
            sample(number, repeated, sampling));
    log.recordSampled(made);
    return made;
  }

  /** Whether these are answers to the prompts, with all that is to be known of them. */
  private boolean isOf(Iteration made, List<RolloutPrompt> repeated, Sampling sampling) {
    return made.answers(repeated, sampling, settings.maxNewTokens())
        && made.rollouts().stream()
            .allMatch(each -> each.signals().keySet().equals(signals.names()));
  }

  /** Batch by batch, each as it is on record, or else sampled now. */
  private List<Rollout> sample(int number, List<RolloutPrompt> repeated, Sampling sampling) {
    int answers = Math.max(1, ANSWERS_AT_ONCE / settings.groupSize()) * settings.groupSize();
    if (answers >= repeated.size()) {
      return batch(repeated, sampling, 0);
    }
    List<Rollout> all = new ArrayList<>();
    for (int from = 0; from < repeated.size(); from += answers) {
      List<RolloutPrompt> some = repeated.subList(from, Math.min(repeated.size(), from + answers));
      int batch = from / answers;
      Optional<Iteration> known =
          log.batch(number, policyDigest(), batch).filter(each -> isOf(each, some, sampling));
      if (known.isPresent()) {
        all.addAll(known.get().rollouts());
        continue;
      }
      unlessStopped.run();
      List<Rollout> made = batch(some, sampling, from);
      log.recordBatch(
          new Iteration(number, policyDigest(), sampling, settings.maxNewTokens(), made), batch);
      all.addAll(made);
    }
    return all;
  }

  private List<Rollout> batch(List<RolloutPrompt> repeated, Sampling sampling, int firstRow) {
    // The generator sees the weights as they are when it is made.
    try (Generator generator = new Generator(sampler, policy)) {
      List<GeneratedTokens> answers =
          generator.generate(
              new GenerationRequest(
                  repeated.stream().map(RolloutPrompt::ids).toList(),
                  settings.maxNewTokens(),
                  settings.stopTokens(),
                  sampling,
                  firstRow),
              new TokenListener() {
                @Override
                public boolean onToken(int row, int token) {
                  return true;
                }

                @Override
                public void onBlock() {
                  unlessStopped.run();
                }
              });
      List<Rollout> rollouts = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        rollouts.add(new Rollout(repeated.get(i), i % settings.groupSize(), answers.get(i)));
      }
      List<Map<Signal, float[]>> known =
          signals.of(rollouts.stream().map(RolloutSource::text).toList(), unlessStopped);
      for (int i = 0; i < rollouts.size(); i++) {
        Rollout each = rollouts.get(i);
        rollouts.set(i, new Rollout(each.prompt(), each.sample(), each.answer(), known.get(i)));
      }
      return rollouts;
    }
  }

  /**
   * @throws LlmException {@code invalid_reward}
   */
  private double[] scores(Iteration of) {
    List<Rollout> rollouts = of.rollouts();
    Optional<List<OptionalDouble>> known = log.scores(of);
    List<OptionalDouble> scores = known.orElseGet(() -> rewards.score(rollouts));
    if (scores.size() != rollouts.size()) {
      throw new LlmException(
          "invalid_reward", "%d rewards for %d answers".formatted(scores.size(), rollouts.size()));
    }
    double[] values = new double[scores.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scores.get(i).orElse(Double.NaN);
      if (scores.get(i).isPresent() && !Double.isFinite(values[i])) {
        throw new LlmException(
            "invalid_reward",
            "the reward of %s is %s; a reward is a finite number, or absent where there is none"
                .formatted(rollouts.get(i).id(), values[i]));
      }
    }
    if (known.isEmpty()) {
      log.recordScores(of, scores);
    }
    return values;
  }

  private List<List<ScoredRollout>> scored(List<Rollout> rollouts, double[] scores) {
    List<List<ScoredRollout>> groups = new ArrayList<>();
    for (int from = 0; from < scores.length; from += settings.groupSize()) {
      List<ScoredRollout> group = new ArrayList<>();
      for (int i = from; i < from + settings.groupSize(); i++) {
        group.add(new ScoredRollout(rollouts.get(i), scores[i]));
      }
      groups.add(group);
    }
    return groups;
  }

  private static TokenizedExample text(Rollout rollout) {
    return example(rollout.prompt(), rollout.sample(), rollout.answer().ids());
  }

  private static TokenizedExample example(RolloutPrompt prompt, int sample, int[] answer) {
    int[] ids = Arrays.copyOf(prompt.ids(), prompt.ids().length + answer.length);
    System.arraycopy(answer, 0, ids, prompt.ids().length, answer.length);
    return TokenizedExample.targetsFrom(prompt.id() + "#" + sample, ids, prompt.ids().length);
  }

  @Override
  public Map<Signal, float[]> known(Group group, int member) {
    List<Map<Signal, float[]>> own = ofGroups.get(group);
    return own == null ? likely(group.members().get(member)) : own.get(member);
  }

  /** Of a preflight's groups. */
  private static Map<Signal, float[]> likely(TokenizedExample member) {
    Map<Signal, float[]> zeros = new EnumMap<>(Signal.class);
    for (Signal signal :
        List.of(Signal.OLD_LOGP, Signal.ADVANTAGE, Signal.OLD_VALUE, Signal.RETURN)) {
      zeros.put(signal, new float[member.targetCount()]);
    }
    return zeros;
  }

  /** By the names that TRL gives them. A number of which there is nothing is absent, not 0. */
  @Override
  public Map<String, Double> metrics() {
    if (scored.isEmpty()) {
      return Map.of();
    }
    List<ScoredRollout> all = scored.stream().flatMap(List::stream).toList();
    double[] scores =
        all.stream().filter(ScoredRollout::isScored).mapToDouble(ScoredRollout::score).toArray();
    double mean = Arrays.stream(scores).average().orElse(0);
    double squares = Arrays.stream(scores).map(r -> (r - mean) * (r - mean)).sum();
    Map<String, Double> metrics = new TreeMap<>(learned.metrics());
    if (scores.length > 0) {
      metrics.put("reward", mean);
    }
    if (scores.length > 1) {
      metrics.put("reward_std", Math.sqrt(squares / (scores.length - 1)));
    }
    if (settings.groupSize() > 1) {
      metrics.put(
          "frac_reward_zero_std",
          scored.stream().filter(RolloutSource::alike).count() / (double) scored.size());
    }
    metrics.put("unscored", (double) all.size() - scores.length);
    IntSummaryStatistics lengths = all.stream().mapToInt(ScoredRollout::tokens).summaryStatistics();
    metrics.put("completions/mean_length", lengths.getAverage());
    metrics.put("completions/min_length", (double) lengths.getMin());
    metrics.put("completions/max_length", (double) lengths.getMax());
    IntSummaryStatistics ended =
        all.stream()
            .filter(ScoredRollout::ended)
            .mapToInt(ScoredRollout::tokens)
            .summaryStatistics();
    metrics.put("completions/mean_terminated_length", ended.getAverage());
    // TRL's 0 where there is none, as for the mean.
    metrics.put(
        "completions/min_terminated_length", ended.getCount() == 0 ? 0.0 : (double) ended.getMin());
    metrics.put(
        "completions/max_terminated_length", ended.getCount() == 0 ? 0.0 : (double) ended.getMax());
    metrics.put("completions/clipped_ratio", (all.size() - ended.getCount()) / (double) all.size());
    return metrics;
  }

  /** Whether the scores of a group say nothing of which answer is better. */
  private static boolean alike(List<ScoredRollout> group) {
    return group.stream()
            .filter(ScoredRollout::isScored)
            .mapToDouble(ScoredRollout::score)
            .distinct()
            .count()
        < 2;
  }

  @Override
  public JsonNode position() {
    ArrayNode kept = JsonNodeFactory.instance.arrayNode();
    if (settings.updates().count() > 1) {
      for (ScoredRollout each : scored.stream().flatMap(List::stream).toList()) {
        ObjectNode node = kept.addObject();
        node.put("prompt", each.rollout().prompt().id());
        node.put("sample", each.rollout().sample());
        node.set("ids", JSON.valueToTree(each.rollout().answer().ids()));
        node.set("logp", JSON.valueToTree(each.rollout().answer().logProbabilities()));
        ObjectNode own = JsonNodeFactory.instance.objectNode();
        each.rollout()
            .signals()
            .forEach((signal, values) -> own.set(signal.name(), JSON.valueToTree(values)));
        if (!own.isEmpty()) {
          node.set("signals", own);
        }
        node.put("finish", each.rollout().answer().finish().name());
        node.put("reward", each.isScored() ? (Double) each.score() : null);
      }
    }
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    if (!kept.isEmpty()) {
      sampledBy.filter(text -> !text.isEmpty()).ifPresent(text -> position.put("policy", text));
    }
    position.put("coefficient", coefficient);
    if (kept.isEmpty() && !scored.isEmpty()) {
      position.put("next", learned.nextCoefficient());
    }
    return position.set("rollouts", kept);
  }

  private static Map<Signal, float[]> signals(JsonNode saved) {
    Map<Signal, float[]> signals = new EnumMap<>(Signal.class);
    saved
        .properties()
        .forEach(
            each -> {
              float[] values = new float[each.getValue().size()];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) each.getValue().get(i).asDouble();
              }
              signals.put(Signal.valueOf(each.getKey()), values);
            });
    return signals;
  }

  /**
   * @throws LlmException {@code checkpoint_mismatch} for answers to prompts that are not there
   */
  @Override
  public void seek(JsonNode position) {
    List<Rollout> found = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    for (JsonNode node : position.path("rollouts")) {
      String id = node.path("prompt").asText();
      RolloutPrompt prompt =
          prompts.stream()
              .filter(each -> each.id().equals(id))
              .findFirst()
              .orElseThrow(
                  () ->
                      new LlmException(
                          "checkpoint_mismatch",
                          "the checkpoint has answers to the prompt %s, which is not there"
                              .formatted(id)));
      int[] ids = new int[node.path("ids").size()];
      double[] logp = new double[ids.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = node.path("ids").get(i).asInt();
        logp[i] = node.path("logp").get(i).asDouble();
      }
      found.add(
          new Rollout(
              prompt,
              node.path("sample").asInt(),
              new GeneratedTokens(
                  ids, logp, GeneratedTokens.Finish.valueOf(node.path("finish").asText())),
              signals(node.path("signals"))));
      scores.add(node.path("reward").isNumber() ? node.path("reward").asDouble() : Double.NaN);
    }
    coefficient = position.path("coefficient").asDouble(settings.advantage().firstCoefficient());
    if (found.isEmpty()) {
      scored = List.of();
      learned =
          new AdvantageRule.Learned(
              List.of(), Map.of(), position.path("next").asDouble(coefficient));
    } else {
      learn(scored(found, scores.stream().mapToDouble(Double::doubleValue).toArray()));
    }
    policyDigest = Optional.empty();
    sampledBy = Optional.of(position.path("policy").asText("")).filter(text -> !text.isEmpty());
  }
}
