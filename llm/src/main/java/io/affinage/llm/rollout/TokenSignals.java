package io.affinage.llm.rollout;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.objective.Signal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Numbers of an answer's tokens that are computed with the weights that sampled it. */
public interface TokenSignals {

  /** Computes nothing. */
  TokenSignals NONE =
      new TokenSignals() {
        @Override
        public Set<Signal> names() {
          return Set.of();
        }

        @Override
        public List<Map<Signal, float[]>> of(List<TokenizedExample> texts, Runnable between) {
          return texts.stream().map(text -> Map.<Signal, float[]>of()).toList();
        }
      };

  /** What it computes. */
  Set<Signal> names();

  /**
   * Computes them.
   *
   * @param texts prompts with their answers, whose tokens are the targets
   * @param between run before each pass over some of them; what it throws ends the work
   * @return of each text each signal, [targets]
   */
  List<Map<Signal, float[]>> of(List<TokenizedExample> texts, Runnable between);
}
