package io.affinage.service.http;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The keys that are in force. As text there is one a line, {@code NAME ROLE[,ROLE...] KEY}, where
 * the key stands in plain or as {@code sha256:HEX}; empty lines and those that begin with {@code #}
 * say nothing. A name may have several keys, so that an old one stays in force until all use the
 * new.
 */
record KeyRing(List<ApiKey> keys) {
  private static final int LEAST_KEY = 24;
  private static final int MOST_KEY = 512;
  private static final String HASHED = "sha256:";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
  private static final Pattern KEY =
      Pattern.compile("[\\x21-\\x7e]{" + LEAST_KEY + "," + MOST_KEY + "}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-fA-F]{64}");

  KeyRing {
    keys = List.copyOf(keys);
  }

  /**
   * Reads the text of a file of keys.
   *
   * @param source named in errors, which tell lines by number and never show them
   * @throws KeyFileException {@code keys_unreadable}, and {@code keys_empty} where there is none: a
   *     file that lost its lines shall not open the service
   */
  static KeyRing parse(String source, String text) {
    List<ApiKey> keys = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\\R", -1)) {
      number++;
      String content = line.strip();
      if (content.isEmpty() || content.startsWith("#")) {
        continue;
      }
      ApiKey key = key(source, number, content.split("\\s+"));
      if (keys.stream().anyMatch(other -> other.has(key.digest()))) {
        throw unreadable(source, number, "this key stands on an earlier line too");
      }
      keys.add(key);
    }
    if (keys.isEmpty()) {
      throw new KeyFileException(
          "keys_empty", source + " has no key: write one a line, as NAME ROLES KEY.");
    }
    return new KeyRing(keys);
  }

  private static ApiKey key(String source, int number, String[] parts) {
    if (parts.length != 3) {
      throw unreadable(source, number, "it must have three parts: NAME ROLES KEY");
    }
    if (!NAME.matcher(parts[0]).matches()) {
      throw unreadable(source, number, "a name has 1 to 64 letters, digits, '.', '_', '@' and '-'");
    }
    Set<String> roles = new TreeSet<>();
    for (String role : parts[1].split(",", -1)) {
      if (!Roles.ALL.contains(role)) {
        throw unreadable(
            source, number, "roles are of " + new TreeSet<>(Roles.ALL) + ", joined by commas");
      }
      roles.add(role);
    }
    return new ApiKey(parts[0], roles, digest(source, number, parts[2]));
  }

  private static byte[] digest(String source, int number, String key) {
    if (key.startsWith(HASHED)) {
      String hex = key.substring(HASHED.length());
      if (!DIGEST.matcher(hex).matches()) {
        throw unreadable(source, number, "sha256: takes 64 hexadecimal digits");
      }
      return HexFormat.of().parseHex(hex);
    }
    if (!KEY.matcher(key).matches()) {
      throw unreadable(
          source,
          number,
          "a key has "
              + LEAST_KEY
              + " to "
              + MOST_KEY
              + " printable ASCII characters, by chance: openssl rand -hex 24 makes one");
    }
    return ApiKey.digest(key);
  }

  private static KeyFileException unreadable(String source, int number, String what) {
    return new KeyFileException("keys_unreadable", source + ", line " + number + ": " + what + ".");
  }

  /** The key with this text; looks at every one, whichever it is. */
  Optional<ApiKey> find(String text) {
    byte[] digest = ApiKey.digest(text);
    ApiKey found = null;
    for (ApiKey key : keys) {
      if (key.has(digest)) {
        found = key;
      }
    }
    return Optional.ofNullable(found);
  }
}
