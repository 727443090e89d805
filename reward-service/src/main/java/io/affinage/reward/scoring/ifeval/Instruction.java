package io.affinage.reward.scoring.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * What a completion was asked to follow.
 *
 * @param id IFEval's name of it
 * @param kwargs its arguments by IFEval's names; JSON nulls count as absent
 */
public record Instruction(String id, Map<String, JsonNode> kwargs) {
  public Instruction {
    kwargs = kwargs == null ? Map.of() : Map.copyOf(kwargs);
  }
}
