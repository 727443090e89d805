package io.affinage.artifacts;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A folder: its files by path. Written in one way only, so that equal folders have equal digests.
 * Empty directories are not kept.
 *
 * @param files sorted by path (code unit order)
 */
record Manifest(List<Entry> files) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /**
   * One file.
   *
   * @param path relative, {@code /} between names
   * @param digest of the file's bytes
   * @param size bytes
   */
  @JsonPropertyOrder({"path", "digest", "size"})
  record Entry(String path, String digest, long size) {}

  Manifest {
    files = files.stream().sorted(Comparator.comparing(Entry::path)).toList();
  }

  byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest is always representable as JSON", e);
    }
  }

  /** Reads a manifest and refuses paths that could leave the folder. */
  static Manifest parse(Digest digest, byte[] json) throws ArtifactStoreException {
    Manifest manifest;
    try {
      manifest = JSON.readValue(json, Manifest.class);
    } catch (java.io.IOException | RuntimeException e) {
      throw notAFolder(digest, e);
    }
    if (manifest == null) {
      throw notAFolder(digest, null);
    }
    TreeMap<String, Entry> seen = new TreeMap<>();
    for (Entry entry : manifest.files) {
      FolderPath.check(entry.path());
      Digest.parse(entry.digest());
      if (entry.size() < 0 || seen.put(entry.path(), entry) != null) {
        throw new ArtifactStoreException(
            ArtifactFault.ARTIFACT_PATH_INVALID,
            "the folder " + digest + " lists '" + entry.path() + "' twice or with a negative size");
      }
    }
    for (String path : seen.keySet()) {
      for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        if (seen.containsKey(path.substring(0, slash))) {
          throw new ArtifactStoreException(
              ArtifactFault.ARTIFACT_PATH_INVALID,
              "the folder " + digest + " lists a file below the file of '" + path + "'");
        }
      }
    }
    return manifest;
  }

  private static ArtifactStoreException notAFolder(Digest digest, Exception cause) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_NOT_A_FOLDER, digest + " is not the manifest of a folder", cause);
  }

  Optional<Entry> file(String path) {
    return files.stream().filter(entry -> entry.path().equals(path)).findFirst();
  }

  long size() {
    return files.stream().mapToLong(Entry::size).sum();
  }
}
