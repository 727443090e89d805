package io.affinage.service.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A page of a list, as OpenAI's clients page through it.
 *
 * @param object always {@code list}
 * @param firstId id of the first item here; null when there is none
 * @param hasMore whether items follow behind the last one
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Page<T>(
    String object,
    List<T> data,
    @JsonProperty("first_id") @Schema(nullable = true) String firstId,
    @JsonProperty("last_id") @Schema(nullable = true) String lastId,
    @JsonProperty("has_more") boolean hasMore) {

  /**
   * What a client asks for.
   *
   * @param after id of the item before the page; null for the first page
   * @param limit items; null for as many as there may be
   * @param order {@code desc} (newest first) or {@code asc}; null for {@code desc}
   */
  public record Wish(String after, Integer limit, String order) {}

  /** All there is, on one page. */
  public static <T> Page<T> whole(List<T> all, Function<T, String> id) {
    return of(all, id, false);
  }

  /**
   * The page that a client asks for.
   *
   * @param newestFirst everything there is
   * @param max most items of a page
   * @throws ApiException {@code invalid_order}, {@code invalid_limit} or {@code invalid_cursor}
   */
  public static <T> Page<T> of(List<T> newestFirst, Function<T, String> id, Wish wish, int max) {
    int limit = wish.limit() == null ? max : wish.limit();
    if (limit < 1 || limit > max) {
      throw ApiException.invalid(
          "invalid_limit", "limit is " + limit + ", must be from 1 to " + max, "limit");
    }
    List<T> all = ordered(newestFirst, wish.order());
    int from = wish.after() == null ? 0 : behind(all, id, wish.after());
    int to = Math.min(all.size(), from + limit);
    return of(List.copyOf(all.subList(from, to)), id, to < all.size());
  }

  private static <T> Page<T> of(List<T> page, Function<T, String> id, boolean hasMore) {
    return new Page<>(
        "list",
        page,
        page.isEmpty() ? null : id.apply(page.get(0)),
        page.isEmpty() ? null : id.apply(page.get(page.size() - 1)),
        hasMore);
  }

  private static <T> List<T> ordered(List<T> newestFirst, String order) {
    if (order == null || order.equals("desc")) {
      return newestFirst;
    }
    if (!order.equals("asc")) {
      throw ApiException.invalid("invalid_order", "order must be asc or desc", "order");
    }
    List<T> all = new ArrayList<>(newestFirst);
    Collections.reverse(all);
    return all;
  }

  private static <T> int behind(List<T> all, Function<T, String> id, String after) {
    for (int i = 0; i < all.size(); i++) {
      if (id.apply(all.get(i)).equals(after)) {
        return i + 1;
      }
    }
    throw ApiException.invalid("invalid_cursor", "after names nothing here: " + after, "after");
  }

  /** The same page with its items shown otherwise. */
  public <S> Page<S> map(Function<T, S> show) {
    return new Page<>(object, data.stream().map(show).toList(), firstId, lastId, hasMore);
  }
}
