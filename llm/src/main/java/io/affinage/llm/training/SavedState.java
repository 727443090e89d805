package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.error.LlmException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A part of checkpoints that something gives and takes back which knows nothing of them.
 *
 * @param name its key
 * @param state what is saved
 * @param back takes it back
 */
record SavedState(String name, Supplier<JsonNode> state, Consumer<JsonNode> back)
    implements CheckpointPart {

  @Override
  public JsonNode saved() {
    return state.get();
  }

  @Override
  public void restore(Optional<JsonNode> saved) {
    back.accept(
        saved.orElseThrow(
            () ->
                new LlmException(
                    "checkpoint_mismatch",
                    "the checkpoint belongs to another run: it has no state of " + name)));
  }
}
