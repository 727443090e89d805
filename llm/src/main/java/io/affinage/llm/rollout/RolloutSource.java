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
import io.affinage.llm.objective.Advantages;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.training.BatchSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
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

  private final Decoder decoder;
  private final BlockAdapter policy;
  private final List<RolloutPrompt> prompts;
  private final RolloutSettings settings;
  private final RewardFunction rewards;
  private final RolloutLog log;
  private final Supplier<String> digest;
  private Optional<String> policyDigest = Optional.empty();
  private Optional<String> sampledBy = Optional.empty();
  private List<Scored> scored = List.of();
  private Map<Group, List<Scored>> ofGroups = new IdentityHashMap<>();

  /** An answer with its reward; NaN where it has none. */
  private record Scored(Rollout rollout, double reward, double advantage) {}

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
    this(decoder, policy, prompts, settings, rewards, RolloutLog.NONE, () -> "");
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
    if (prompts.isEmpty()) {
      throw new LlmException("no_prompts", "there are no prompts to answer");
    }
    this.decoder = decoder;
    this.policy = policy;
    this.prompts = List.copyOf(prompts);
    this.settings = settings;
    this.rewards = rewards;
    this.log = log;
    this.digest = digest;
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
  public List<Group> next(int step) {
    if (step % settings.iterations() == 0 || scored.isEmpty()) {
      int iteration = step / settings.iterations();
      Iteration made = iteration(iteration);
      sampledBy = Optional.of(made.policy());
      scored = compared(made.rollouts(), scores(made));
    }
    ofGroups = new IdentityHashMap<>();
    List<Group> groups = new ArrayList<>();
    for (int from = 0; from < scored.size(); from += settings.groupSize()) {
      List<Scored> own = scored.subList(from, from + settings.groupSize());
      Group group =
          new Group(
              own.stream()
                  .map(Scored::rollout)
                  .map(each -> example(each.prompt(), each.sample(), each.answer().ids()))
                  .toList());
      ofGroups.put(group, own);
      groups.add(group);
    }
    return groups;
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
    if (steps % settings.iterations() == 0 && sampledBy.isPresent()) {
      log.recordUpdate(steps / settings.iterations() - 1, sampledBy.get(), policyDigest());
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
    Sampling sampling = new Sampling(1, 0, 1, 1, settings.seed() * 1_000_003L + number);
    Optional<Iteration> known =
        log.sampled(number, policyDigest())
            .filter(each -> each.answers(repeated, sampling, settings.maxNewTokens()));
    if (known.isPresent()) {
      return known.get();
    }
    Iteration made =
        new Iteration(
            number, policyDigest(), sampling, settings.maxNewTokens(), sample(repeated, sampling));
    log.recordSampled(made);
    return made;
  }

  private List<Rollout> sample(List<RolloutPrompt> repeated, Sampling sampling) {
    // The generator sees the weights as they are when it is made.
    try (Generator generator = new Generator(decoder, policy)) {
      List<GeneratedTokens> answers =
          generator.generate(
              new GenerationRequest(
                  repeated.stream().map(RolloutPrompt::ids).toList(),
                  settings.maxNewTokens(),
                  settings.stopTokens(),
                  sampling),
              TokenListener.NONE);
      List<Rollout> rollouts = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        rollouts.add(new Rollout(repeated.get(i), i % settings.groupSize(), answers.get(i)));
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

  private List<Scored> compared(List<Rollout> rollouts, double[] values) {
    List<double[]> groups = new ArrayList<>();
    for (int from = 0; from < values.length; from += settings.groupSize()) {
      groups.add(Arrays.copyOfRange(values, from, from + settings.groupSize()));
    }
    List<double[]> advantages =
        switch (settings.advantage()) {
          case GROUP -> Advantages.ofGroups(groups, Advantages.Scale.GROUP);
          case BATCH -> Advantages.ofGroups(groups, Advantages.Scale.BATCH);
          case UNSCALED -> Advantages.ofGroups(groups, Advantages.Scale.NONE);
          case LEAVE_ONE_OUT -> Advantages.leaveOneOut(groups, false);
        };
    List<Scored> found = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      int group = i / settings.groupSize();
      found.add(
          new Scored(rollouts.get(i), values[i], advantages.get(group)[i % settings.groupSize()]));
    }
    return found;
  }

  private static TokenizedExample example(RolloutPrompt prompt, int sample, int[] answer) {
    int[] ids = Arrays.copyOf(prompt.ids(), prompt.ids().length + answer.length);
    System.arraycopy(answer, 0, ids, prompt.ids().length, answer.length);
    return TokenizedExample.targetsFrom(prompt.id() + "#" + sample, ids, prompt.ids().length);
  }

  @Override
  public Map<Signal, float[]> known(Group group, int member) {
    List<Scored> own = ofGroups.get(group);
    if (own == null) {
      return likely(group.members().get(member)); // a preflight's
    }
    Scored each = own.get(member);
    double[] logp = each.rollout().answer().logProbabilities();
    float[] old = new float[logp.length];
    for (int i = 0; i < old.length; i++) {
      old[i] = (float) logp[i];
    }
    float[] advantage = new float[logp.length];
    Arrays.fill(advantage, (float) each.advantage());
    Map<Signal, float[]> known = new EnumMap<>(Signal.class);
    known.putAll(each.rollout().signals());
    known.put(Signal.OLD_LOGP, old);
    known.put(Signal.ADVANTAGE, advantage);
    return known;
  }

  private static Map<Signal, float[]> likely(TokenizedExample member) {
    return Map.of(
        Signal.OLD_LOGP, new float[member.targetCount()],
        Signal.ADVANTAGE, new float[member.targetCount()]);
  }

  /** By the names that TRL gives them. */
  @Override
  public Map<String, Double> metrics() {
    if (scored.isEmpty()) {
      return Map.of();
    }
    double[] values =
        scored.stream().mapToDouble(Scored::reward).filter(r -> !Double.isNaN(r)).toArray();
    double mean = Arrays.stream(values).average().orElse(0);
    double variance = Arrays.stream(values).map(r -> (r - mean) * (r - mean)).sum();
    long alike = 0;
    for (int from = 0; from < scored.size(); from += settings.groupSize()) {
      List<Scored> group = scored.subList(from, from + settings.groupSize());
      alike += group.stream().allMatch(each -> each.advantage() == 0) ? 1 : 0;
    }
    Map<String, Double> metrics = new TreeMap<>();
    metrics.put("reward", mean);
    metrics.put("reward_std", values.length < 2 ? 0 : Math.sqrt(variance / (values.length - 1)));
    metrics.put("frac_reward_zero_std", alike / (double) (scored.size() / settings.groupSize()));
    metrics.put("unscored", (double) scored.size() - values.length);
    metrics.put(
        "completions/mean_length",
        scored.stream().mapToInt(each -> each.rollout().answer().ids().length).average().orElse(0));
    metrics.put(
        "completions/clipped_ratio",
        scored.stream()
            .mapToDouble(
                e -> e.rollout().answer().finish() == GeneratedTokens.Finish.LENGTH ? 1 : 0)
            .average()
            .orElse(0));
    return metrics;
  }

  @Override
  public JsonNode position() {
    ArrayNode kept = JsonNodeFactory.instance.arrayNode();
    if (settings.iterations() > 1) {
      for (Scored each : scored) {
        ObjectNode node = kept.addObject();
        node.put("prompt", each.rollout().prompt().id());
        node.put("sample", each.rollout().sample());
        node.set("ids", JSON.valueToTree(each.rollout().answer().ids()));
        node.set("logp", JSON.valueToTree(each.rollout().answer().logProbabilities()));
        ObjectNode signals = JsonNodeFactory.instance.objectNode();
        each.rollout()
            .signals()
            .forEach((signal, values) -> signals.set(signal.name(), JSON.valueToTree(values)));
        if (!signals.isEmpty()) {
          node.set("signals", signals);
        }
        node.put("finish", each.rollout().answer().finish().name());
        node.put("reward", Double.isNaN(each.reward()) ? null : (Double) each.reward());
        node.put("advantage", each.advantage());
      }
    }
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    if (!kept.isEmpty()) {
      sampledBy.filter(text -> !text.isEmpty()).ifPresent(text -> position.put("policy", text));
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
    List<Scored> found = new ArrayList<>();
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
          new Scored(
              new Rollout(
                  prompt,
                  node.path("sample").asInt(),
                  new GeneratedTokens(
                      ids, logp, GeneratedTokens.Finish.valueOf(node.path("finish").asText())),
                  signals(node.path("signals"))),
              node.path("reward").isNumber() ? node.path("reward").asDouble() : Double.NaN,
              node.path("advantage").asDouble()));
    }
    scored = found;
    policyDigest = Optional.empty();
    sampledBy = Optional.of(position.path("policy").asText("")).filter(text -> !text.isEmpty());
  }
}
