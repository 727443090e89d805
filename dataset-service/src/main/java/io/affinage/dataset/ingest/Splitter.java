package io.affinage.dataset.ingest;

import io.affinage.dataset.DatasetException;
import io.affinage.events.SplitPolicy;
import io.affinage.events.spec.Settings;
import java.nio.charset.StandardCharsets;

/**
 * Assigns rows to splits by a hash of their prompt and the salt: the assignment does not depend on
 * the other rows nor on their order, and rows with one prompt stay together. Safe for several
 * threads.
 */
final class Splitter {
  private final double validation;
  private final double test;
  private final byte[] salt;

  Splitter(SplitPolicy policy) {
    this.validation = share(policy.validation(), "validation");
    this.test = share(policy.test(), "test");
    if (validation + test > 1) {
      throw new DatasetException(
          "invalid_split", "the shares validation and test add up to more than 1", "split");
    }
    String given = policy.salt() == null ? "" : policy.salt();
    this.salt = (given + "\0").getBytes(StandardCharsets.UTF_8);
  }

  Split of(String promptKey, Sha256 sha256) {
    long bits = sha256.of(salt, promptKey.getBytes(StandardCharsets.UTF_8)).getLong();
    double uniform = (bits >>> 11) * 0x1.0p-53; // in [0, 1)
    if (uniform < test) {
      return Split.TEST;
    }
    return uniform < test + validation ? Split.VALIDATION : Split.TRAIN;
  }

  private static double share(double value, String name) {
    String wrong = Settings.find(SplitPolicy.class, name).wrong(value);
    if (wrong != null) {
      throw new DatasetException(
          "invalid_split", "the share " + name + " " + wrong, "split." + name);
    }
    return value;
  }
}
