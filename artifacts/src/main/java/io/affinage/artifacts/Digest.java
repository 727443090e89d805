package io.affinage.artifacts;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256 of some content.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
record Digest(String hex) {
  private static final String PREFIX = "sha256:";
  private static final Pattern TEXT = Pattern.compile(PREFIX + "[0-9a-f]{64}");

  static Digest parse(String text) throws ArtifactStoreException {
    if (text == null || !TEXT.matcher(text).matches()) {
      throw new ArtifactStoreException(
          ArtifactFault.ARTIFACT_DIGEST_INVALID,
          "'" + text + "' is no digest: expected sha256: and 64 lower-case hexadecimal digits");
    }
    return new Digest(text.substring(PREFIX.length()));
  }

  static MessageDigest accumulator() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static Digest of(MessageDigest accumulator) {
    return new Digest(HexFormat.of().formatHex(accumulator.digest()));
  }

  /** {@code ab/cdef...}: two levels, so that no directory grows too long. */
  String fileName() {
    return hex.substring(0, 2) + "/" + hex.substring(2);
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
