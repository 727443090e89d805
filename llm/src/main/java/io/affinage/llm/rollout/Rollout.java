package io.affinage.llm.rollout;

import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.objective.Signal;
import java.util.EnumMap;
import java.util.Map;

/**
 * An answer that the model gave while it was trained.
 *
 * @param prompt which of the prompts it answers
 * @param sample its place among the prompt's answers
 * @param answer with the log-probabilities by which it was sampled
 * @param signals what else was computed with the weights that sampled it, of each token of the
 *     answer [tokens]; kept on record with it
 */
public record Rollout(
    RolloutPrompt prompt, int sample, GeneratedTokens answer, Map<Signal, float[]> signals) {
  public Rollout {
    signals = Map.copyOf(signals);
  }

  /** An answer of which nothing else was computed. */
  public Rollout(RolloutPrompt prompt, int sample, GeneratedTokens answer) {
    this(prompt, sample, answer, Map.of());
  }

  /** The same with one more signal. */
  public Rollout with(Signal signal, float[] values) {
    Map<Signal, float[]> more = new EnumMap<>(Signal.class);
    more.putAll(signals);
    more.put(signal, values);
    return new Rollout(prompt, sample, answer, more);
  }

  /** Names it in errors. */
  public String id() {
    return prompt.id() + "#" + sample;
  }
}
