package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Something of a run that goes on where it stopped, beside weights, optimizer and counters: where a
 * source of batches stands, what an objective adapts. Small; tensors have files of their own.
 */
public interface CheckpointPart {

  /** Its key in checkpoints; the same in every version. */
  String name();

  /** What it needs to go on, between two steps. */
  JsonNode saved();

  /**
   * Goes on from there.
   *
   * @param saved empty for a checkpoint of a run that had no such part
   * @throws io.affinage.llm.error.LlmException {@code checkpoint_mismatch} when it cannot
   */
  void restore(Optional<JsonNode> saved);
}
