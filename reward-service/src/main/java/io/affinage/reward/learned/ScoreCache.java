package io.affinage.reward.learned;

import io.affinage.events.ContentIds;
import io.affinage.reward.batch.LearnedScores;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Scores by what they follow from: the digests of model and base, the form of the base's weights,
 * prompt, completion and conversation. Of more than fit, those asked for longest ago are forgotten.
 * Thread-safe.
 */
final class ScoreCache {
  private final Map<Key, Double> scores;

  /** 128 bits of a SHA-256. */
  record Key(long high, long low) {
    static Key of(ScoreOrigin origin, LearnedScores.Text text) {
      MessageDigest digest;
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java has SHA-256", e);
      }
      add(digest, origin.model());
      add(digest, origin.base());
      add(digest, origin.weightForm());
      add(digest, text.prompt());
      add(digest, text.completion());
      add(digest, text.messages() == null ? "" : ContentIds.canonicalJson(text.messages()));
      add(digest, text.tools() == null ? "" : ContentIds.canonicalJson(text.tools()));
      ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
      return new Key(bytes.getLong(), bytes.getLong());
    }

    private static void add(MessageDigest digest, String part) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
      digest.update(bytes);
    }
  }

  /**
   * @param capacity scores that are kept
   */
  ScoreCache(int capacity) {
    this.scores =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Double> eldest) {
            return size() > capacity;
          }
        };
  }

  synchronized Optional<Double> get(Key key) {
    return Optional.ofNullable(scores.get(key));
  }

  synchronized void put(Key key, double score) {
    scores.put(key, score);
  }
}
