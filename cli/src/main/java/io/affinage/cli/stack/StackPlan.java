package io.affinage.cli.stack;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What a stack shall consist of.
 *
 * @param instances instances of each service; 0 leaves it out
 * @param ports wanted by the user for the first instance of a service; absent when the choice is
 *     free
 * @param kafkaPort wanted by the user; null when the choice is free
 */
public record StackPlan(
    Map<ServiceKind, Integer> instances, Map<ServiceKind, Integer> ports, Integer kafkaPort) {

  /** One instance of each. */
  public static StackPlan of(Set<ServiceKind> kinds) {
    Map<ServiceKind, Integer> instances = new EnumMap<>(ServiceKind.class);
    kinds.forEach(kind -> instances.put(kind, 1));
    return new StackPlan(instances, Map.of(), null);
  }
}
