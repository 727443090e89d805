package io.affinage.artifacts;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A store whose content can be listed and removed. Storing what is there already makes it young
 * again, once an hour at the most, so that what is written while something is being removed stays.
 */
public interface Sweepable {

  /** How old a time of storing may be that is not renewed. */
  Duration RENEWED_AFTER = Duration.ofHours(1);

  /** Everything in the store: files, and manifests of folders. */
  void forEach(Consumer<StoredBlob> consumer) throws IOException;

  /**
   * Removes a blob, unless it was stored again meanwhile. What has it open or mapped goes on.
   *
   * @param before it is kept where it was stored then or later
   * @return whether it is gone
   */
  boolean remove(String digest, Instant before) throws IOException;

  /**
   * Removes copies that this process's machine keeps of what the store has no more; a store that
   * keeps none does nothing.
   *
   * @param stored digests of all that the store has
   */
  default void removeCopies(Set<String> stored) throws IOException {}
}
