package io.affinage.trainer.rest;

import io.affinage.service.rest.ApiException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which jobs a list shows, by their labels.
 *
 * @param wanted labels that a job must have; null for jobs without any
 */
record MetadataFilter(Map<String, String> wanted) {
  private static final String NAME = "metadata";

  /**
   * @param whole the value of {@code metadata}: {@code null} as a word, or absent
   * @param query all query parameters, of which {@code metadata[key]=value} are read
   */
  static MetadataFilter of(String whole, Map<String, List<String>> query) {
    Map<String, String> wanted = new HashMap<>();
    query.forEach(
        (name, values) -> {
          if (name.startsWith(NAME + "[")) {
            wanted.put(name.substring(NAME.length() + 1, name.length() - 1), values.get(0));
          }
        });
    if (whole == null) {
      return new MetadataFilter(wanted);
    }
    if (!whole.equals("null") || !wanted.isEmpty()) {
      throw ApiException.invalid(
          "invalid_value", "write metadata[key]=value, or metadata=null alone", NAME);
    }
    return new MetadataFilter(null);
  }

  boolean takes(Map<String, String> metadata) {
    return wanted == null
        ? metadata == null || metadata.isEmpty()
        : metadata == null ? wanted.isEmpty() : metadata.entrySet().containsAll(wanted.entrySet());
  }
}
