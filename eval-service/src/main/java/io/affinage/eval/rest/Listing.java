package io.affinage.eval.rest;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.Function;

/** OpenAI's list object. */
record Listing<T>(
    String object,
    List<T> data,
    @JsonProperty("first_id") String firstId,
    @JsonProperty("last_id") String lastId,
    @JsonProperty("has_more") boolean hasMore) {

  static <T> Listing<T> whole(List<T> data, Function<T, String> id) {
    return page(data, id, null, data.size());
  }

  /**
   * @param after the id that the page follows; null for the first page
   */
  static <T> Listing<T> page(List<T> all, Function<T, String> id, String after, int limit) {
    int from = 0;
    if (after != null) {
      while (from < all.size() && !id.apply(all.get(from)).equals(after)) {
        from++;
      }
      if (from == all.size()) {
        throw Fields.invalid("invalid_value", "'after' names nothing in this list", "after");
      }
      from++;
    }
    List<T> page = all.subList(from, Math.min(all.size(), from + limit));
    return new Listing<>(
        "list",
        page,
        page.isEmpty() ? null : id.apply(page.get(0)),
        page.isEmpty() ? null : id.apply(page.get(page.size() - 1)),
        from + page.size() < all.size());
  }
}
