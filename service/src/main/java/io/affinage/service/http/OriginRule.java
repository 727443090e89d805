package io.affinage.service.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Whether a request that changes something comes from a page of another origin. Browsers send its
 * origin along, and say whether it is another site's; other clients send neither.
 *
 * @param cors whether pages of other origins may ask at all; which, Quarkus' CORS filter says
 */
record OriginRule(boolean cors) {
  private static final Set<String> HARMLESS_METHODS = Set.of("GET", "HEAD", "OPTIONS");
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  /**
   * @param authority the request's own host and port
   * @param origins its Origin headers
   * @param site its Sec-Fetch-Site header, or null
   */
  boolean allows(String method, String authority, List<String> origins, String site) {
    if (HARMLESS_METHODS.contains(method)) {
      return true;
    }
    if (origins.isEmpty()) {
      return site == null || OWN_SITES.contains(site.toLowerCase(Locale.ROOT));
    }
    return origins.size() == 1 && (cors || isOwn(origins.get(0), authority));
  }

  /** The scheme is left out: whoever ends TLS before us leaves us with http. */
  private static boolean isOwn(String origin, String authority) {
    int at = origin.indexOf("://");
    if (at < 0 || authority == null) {
      return false;
    }
    String scheme = origin.substring(0, at).toLowerCase(Locale.ROOT);
    String usual = scheme.equals("https") ? ":443" : ":80";
    return withPort(origin.substring(at + 3), usual).equals(withPort(authority, usual));
  }

  private static String withPort(String authority, String usual) {
    String lower = authority.toLowerCase(Locale.ROOT);
    boolean has = lower.indexOf(':', lower.lastIndexOf(']') + 1) >= 0;
    return has ? lower : lower + usual;
  }
}
