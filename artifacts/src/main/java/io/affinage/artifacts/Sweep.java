package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes from a store what nothing reaches: what is not named, is in no folder that is named, and
 * has lain there for long enough that nobody is about to name it.
 *
 * @param removed what was removed, or would be, largest first
 * @param reached blobs that something names
 * @param young blobs that nothing names, which are not old enough
 */
public record Sweep(List<StoredBlob> removed, int reached, int young) {
  private static final byte[] MANIFEST = "{\"files\":[".getBytes(StandardCharsets.US_ASCII);

  /** Bytes of what was removed. */
  public long bytes() {
    return removed.stream().mapToLong(StoredBlob::size).sum();
  }

  /**
   * Sweeps a store.
   *
   * @param named digests that are in use; folders among them keep their files
   * @param before what was stored then or later stays
   * @param dryRun whether nothing is removed
   * @throws IOException when the store cannot be read; nothing was removed then
   * @throws IllegalArgumentException for a store that cannot be listed
   */
  public static Sweep of(
      ArtifactStore store, Collection<String> named, Instant before, boolean dryRun)
      throws IOException {
    if (!(store instanceof Sweepable sweepable)) {
      throw new IllegalArgumentException(store + " cannot be listed");
    }
    Map<String, StoredBlob> all = new HashMap<>();
    sweepable.forEach(blob -> all.put(blob.digest(), blob));
    Set<String> reached = reached(store, named, all);
    List<StoredBlob> removed = new ArrayList<>();
    int young = 0;
    for (StoredBlob blob :
        all.values().stream().sorted(Comparator.comparing(StoredBlob::size).reversed()).toList()) {
      if (reached.contains(blob.digest())) {
        continue;
      }
      if (!blob.storedAt().isBefore(before)
          || !(dryRun || sweepable.remove(blob.digest(), before))) {
        young++;
      } else {
        removed.add(blob);
      }
    }
    if (!dryRun) {
      removed.forEach(blob -> all.remove(blob.digest()));
      sweepable.removeCopies(all.keySet());
    }
    return new Sweep(removed, reached.size(), young);
  }

  private static Set<String> reached(
      ArtifactStore store, Collection<String> named, Map<String, StoredBlob> all)
      throws IOException {
    Set<String> reached = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(named);
    while (!open.isEmpty()) {
      String digest = open.pop();
      if (all.containsKey(digest) && reached.add(digest)) {
        open.addAll(files(store, digest));
      }
    }
    return reached;
  }

  /** The files of a folder; empty for a file. */
  private static List<String> files(ArtifactStore store, String digest) throws IOException {
    try (InputStream in = store.open(digest)) {
      byte[] head = in.readNBytes(MANIFEST.length);
      if (!Arrays.equals(head, MANIFEST)) {
        return List.of();
      }
      byte[] rest = in.readAllBytes();
      byte[] whole = new byte[head.length + rest.length];
      System.arraycopy(head, 0, whole, 0, head.length);
      System.arraycopy(rest, 0, whole, head.length, rest.length);
      return Manifest.parse(Digest.parse(digest), whole).files().stream()
          .map(Manifest.Entry::digest)
          .toList();
    } catch (ArtifactStoreException e) {
      if (e.fault() == ArtifactFault.ARTIFACT_NOT_A_FOLDER) {
        return List.of(); // a file that begins like a manifest
      }
      throw e;
    }
  }
}
