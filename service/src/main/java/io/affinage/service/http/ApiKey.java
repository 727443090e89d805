package io.affinage.service.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;

/**
 * A key, without the key: it has 128 bits of chance or more, so that its digest needs no salt.
 *
 * @param name whose it is; shown
 * @param roles of {@link Roles}
 * @param digest SHA-256 of the key
 */
record ApiKey(String name, Set<String> roles, byte[] digest) {

  ApiKey {
    roles = Set.copyOf(roles);
    digest = digest.clone();
  }

  /** The SHA-256 of a key. */
  static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** In a time that does not depend on how much of it is alike. */
  boolean has(byte[] otherDigest) {
    return MessageDigest.isEqual(digest, otherDigest);
  }

  @Override
  public String toString() {
    return "ApiKey[name=" + name + ", roles=" + roles + ", digest=(not shown)]";
  }
}
