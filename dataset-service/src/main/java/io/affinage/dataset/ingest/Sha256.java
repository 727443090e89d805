package io.affinage.dataset.ingest;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 as every Java platform has it. */
final class Sha256 {
  private final MessageDigest digest;

  Sha256() {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the Java platform lacks SHA-256", e);
    }
  }

  /** The hash of the parts one behind the other. */
  ByteBuffer of(byte[]... parts) {
    for (byte[] part : parts) {
      digest.update(part);
    }
    return ByteBuffer.wrap(digest.digest());
  }
}
