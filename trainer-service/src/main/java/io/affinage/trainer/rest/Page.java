package io.affinage.trainer.rest;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.function.Function;

/**
 * A page of a list in OpenAI's shape, newest first.
 *
 * @param object always {@code list}
 * @param firstId null for an empty page
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Page<T>(String object, List<T> data, String firstId, String lastId, boolean hasMore) {
  static final int MAX = 100;

  /**
   * @param newestFirst everything there is
   * @param after the id of the last item of the page before; null for the first page
   */
  static <T> Page<T> of(List<T> newestFirst, Function<T, String> id, String after, int limit) {
    if (limit < 1 || limit > MAX) {
      throw ApiException.badRequest(
          "invalid_limit", "limit is " + limit + ", must be 1 to " + MAX, "limit");
    }
    int start = 0;
    if (after != null) {
      while (start < newestFirst.size() && !id.apply(newestFirst.get(start)).equals(after)) {
        start++;
      }
      if (start == newestFirst.size()) {
        throw ApiException.badRequest("invalid_cursor", "after names nothing: " + after, "after");
      }
      start++;
    }
    int end = Math.min(newestFirst.size(), start + limit);
    List<T> data = newestFirst.subList(start, end);
    return new Page<>(
        "list",
        data,
        data.isEmpty() ? null : id.apply(data.get(0)),
        data.isEmpty() ? null : id.apply(data.get(data.size() - 1)),
        end < newestFirst.size());
  }
}
