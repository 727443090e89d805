package io.affinage.llm.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The hash by which a hub names a file's content: SHA-256 for large files (Git LFS), git's blob id
 * (SHA-1 over a header with the size and the content) for others.
 */
record ContentHash(Kind kind, String hex) {

  enum Kind {
    SHA_256,
    GIT_BLOB
  }

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA_1 = Pattern.compile("[0-9a-f]{40}");

  /** From an ETag or a bare hash; empty for anything else. */
  static Optional<ContentHash> of(String text) {
    if (text == null) {
      return Optional.empty();
    }
    String hex = text.strip().toLowerCase(Locale.ROOT).replaceFirst("^w/", "").replace("\"", "");
    if (SHA_256.matcher(hex).matches()) {
      return Optional.of(new ContentHash(Kind.SHA_256, hex));
    }
    return SHA_1.matcher(hex).matches()
        ? Optional.of(new ContentHash(Kind.GIT_BLOB, hex))
        : Optional.empty();
  }

  /** The same kind of hash of a file. */
  ContentHash ofFile(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance(kind == Kind.SHA_256 ? "SHA-256" : "SHA-1");
      if (kind == Kind.GIT_BLOB) {
        digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      var buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return new ContentHash(kind, HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1 and SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return (kind == Kind.SHA_256 ? "SHA-256 " : "git blob ") + hex;
  }
}
