package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.affinage.llm.data.Group;
import java.util.List;

/**
 * Gives each step its groups: rows that are there, or answers that are sampled as training goes.
 */
public interface BatchSource {

  /**
   * The groups of a step, different objects, each with at least one target token.
   *
   * @param step counted from 0; asked for in order, and once each
   */
  List<Group> next(int step);

  /** What a checkpoint keeps beside the number of steps; always null where that says it all. */
  default JsonNode position() {
    return NullNode.getInstance();
  }

  /** Goes to where a checkpoint was written, by what {@link #position} gave then. */
  default void seek(JsonNode position) {}
}
