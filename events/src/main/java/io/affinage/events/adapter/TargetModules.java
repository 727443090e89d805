package io.affinage.events.adapter;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rule of lists that name linear layers. */
final class TargetModules {
  static final String ALL_LINEAR = "all-linear";

  private TargetModules() {}

  static Map<String, String> conflicts(@Nullable List<String> modules) {
    if (modules == null) {
      return Map.of();
    }
    if (modules.isEmpty() || modules.stream().anyMatch(name -> name == null || name.isBlank())) {
      return Map.of("targetModules", "must name linear layers, or be the one entry 'all-linear'");
    }
    return modules.size() > 1 && modules.contains(ALL_LINEAR)
        ? Map.of("targetModules", "has 'all-linear' beside other names")
        : Map.of();
  }
}
