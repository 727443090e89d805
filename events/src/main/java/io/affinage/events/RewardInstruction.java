package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An instruction that a completion can be checked against, under IFEval's own name.
 *
 * @param id for example {@code length_constraints:number_words}
 * @param kwargs its arguments, for example {@code num_words} and {@code relation}; null values
 *     count as absent; null for none
 */
public record RewardInstruction(
    @Setting("as IFEval names it") String id,
    @Setting("its arguments") @Nullable Map<String, JsonNode> kwargs) {}
