package io.affinage.llm.objective;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.util.Map;
import java.util.TreeMap;

/** The objectives that there are. A new one is added here. */
public final class Objectives {
  private static final Map<String, Class<? extends Objective>> ALL =
      new TreeMap<>(
          Map.of(
              "bradley_terry", BradleyTerry.class,
              "dpo", Dpo.class,
              "grpo", Grpo.class,
              "ipo", Ipo.class,
              "ppo", Ppo.class,
              "rloo", Rloo.class));

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private Objectives() {}

  /**
   * An objective by its name.
   *
   * @param settings all of its settings by their names
   * @throws LlmException {@code objective_unknown}; {@code objective_invalid} where a setting is
   *     missing, unknown or out of range
   */
  public static Objective of(String id, Map<String, ?> settings) {
    Class<? extends Objective> type = ALL.get(id);
    if (type == null) {
      throw new LlmException(
          "objective_unknown",
          "no objective is called %s; there are %s".formatted(id, ALL.keySet()));
    }
    try {
      return JSON.convertValue(settings, type);
    } catch (IllegalArgumentException e) {
      throw new LlmException(
          "objective_invalid", "%s with %s: %s".formatted(id, settings, e.getMessage()), e);
    }
  }
}
