package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What the repeated runs of one side said.
 *
 * @param results one JSON object by successful run
 * @param fault why a run gave nothing; null when all did
 */
record RunResults(List<JsonNode> results, String fault) {

  /** The median of a number; null when no run gave it. */
  Double median(String field) {
    double[] sorted =
        results.stream()
            .map(result -> result.get(field))
            .filter(value -> value != null && value.isNumber())
            .mapToDouble(JsonNode::doubleValue)
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return null;
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** A text that the last run gave; null when there is none. */
  String text(String field) {
    return results.isEmpty() ? null : results.get(results.size() - 1).path(field).asText(null);
  }

  /** A list of numbers that the last run gave; empty when there is none. */
  List<Double> numbers(String field) {
    List<Double> numbers = new ArrayList<>();
    if (!results.isEmpty()) {
      results.get(results.size() - 1).path(field).forEach(each -> numbers.add(each.asDouble()));
    }
    return numbers;
  }

  /** Notes joined, null where there are none. */
  static String note(String... parts) {
    String joined = Arrays.stream(parts).filter(Objects::nonNull).collect(Collectors.joining("; "));
    return joined.isEmpty() ? null : joined;
  }
}
