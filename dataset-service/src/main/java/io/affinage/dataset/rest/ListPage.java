package io.affinage.dataset.rest;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * A page of a list, as OpenAI's clients page through it.
 *
 * @param firstId id of the first item here; null when there is none
 * @param hasMore whether items follow behind the last one
 */
public record ListPage<T>(
    String object,
    List<T> data,
    @JsonProperty("first_id") String firstId,
    @JsonProperty("last_id") String lastId,
    @JsonProperty("has_more") boolean hasMore) {

  /**
   * @param newestFirst all items
   * @param after id of the item before the page; null for the first page
   * @param order {@code desc} (newest first) or {@code asc}
   */
  static <T> ListPage<T> of(
      List<T> newestFirst,
      Function<T, String> id,
      String after,
      Integer limit,
      int max,
      String order) {
    List<T> all = new ArrayList<>(newestFirst);
    if ("asc".equals(order)) {
      Collections.reverse(all);
    } else if (order != null && !order.equals("desc")) {
      throw ApiException.invalid("invalid_order", "order must be asc or desc", "order");
    }
    if (limit != null && (limit < 1 || limit > max)) {
      throw ApiException.invalid("invalid_limit", "limit must be from 1 to " + max, "limit");
    }
    int from = 0;
    if (after != null) {
      while (from < all.size() && !id.apply(all.get(from)).equals(after)) {
        from++;
      }
      if (from == all.size()) {
        throw ApiException.invalid("invalid_cursor", "no item has the id " + after, "after");
      }
      from++;
    }
    int to = (int) Math.min(all.size(), (long) from + (limit == null ? max : limit));
    List<T> page = List.copyOf(all.subList(from, to));
    return new ListPage<>(
        "list",
        page,
        page.isEmpty() ? null : id.apply(page.get(0)),
        page.isEmpty() ? null : id.apply(page.get(page.size() - 1)),
        to < all.size());
  }
}
