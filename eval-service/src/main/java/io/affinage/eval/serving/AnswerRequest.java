package io.affinage.eval.serving;

import io.affinage.eval.model.Prompt;
import java.util.List;
import java.util.OptionalInt;

/**
 * One question to a model.
 *
 * @param maxTokens longest answer; empty for as long as the context and the service allow
 * @param temperature 0 for the likeliest token each time
 * @param topP share of probability to choose from, above 0 to 1
 * @param stop texts that end the answer, and are no part of it
 * @param seed the same seed gives the same answer
 */
public record AnswerRequest(
    Prompt prompt,
    OptionalInt maxTokens,
    double temperature,
    double topP,
    List<String> stop,
    long seed) {
  public AnswerRequest {
    stop = List.copyOf(stop);
  }
}
