package io.affinage.artifacts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A store in a folder, which several machines may share over a network file system. Blobs are
 * read-only files {@code blobs/sha256/ab/cdef...}; local folders are hard links to them.
 *
 * <p>A damaged blob is an {@link ArtifactFault#ARTIFACT_CORRUPT} error that names it; storing the
 * content again repairs it. A read-only store serves reads.
 */
public final class FolderArtifactStore implements ArtifactStore, Sweepable {
  private static final long MAX_MANIFEST_BYTES = 64L << 20;

  private final Path root;
  private final Blobs blobs;
  private final FolderViews sharedViews;
  private final Object privateViewsLock = new Object();
  private FolderViews privateViews;

  /**
   * @param root made when the first artifact is stored
   * @throws ArtifactStoreException when the root is something other than a folder
   */
  public FolderArtifactStore(Path root) throws ArtifactStoreException {
    this.root = root.toAbsolutePath().normalize();
    if (Files.exists(this.root) && !Files.isDirectory(this.root)) {
      throw new ArtifactStoreException(
          ArtifactFault.ARTIFACT_STORE_LOCATION_INVALID,
          "the artifact store's location " + this.root + " is not a folder");
    }
    this.blobs = new Blobs(this.root);
    this.sharedViews = new FolderViews(this.root, blobs);
  }

  @Override
  public Artifact putFile(Path file) throws IOException {
    return put(Files.newInputStream(file));
  }

  @Override
  public Artifact put(InputStream content) throws IOException {
    try (content) {
      Blobs.Stored stored = blobs.put(content, Optional.empty());
      return new Artifact(stored.digest().toString(), Artifact.Kind.FILE, stored.size());
    }
  }

  /** Stores content from elsewhere that must have a known digest; the caller closes it. */
  void put(InputStream content, Digest expected, String source) throws IOException {
    blobs.put(content, Optional.of(new Blobs.Expected(expected, source)));
  }

  @Override
  public Artifact putFolder(Path folder) throws IOException {
    List<Manifest.Entry> entries = new ArrayList<>();
    try (Blobs.Batch batch = blobs.new Batch()) {
      for (Map.Entry<String, Path> file : SourceFolder.files(folder).entrySet()) {
        try (InputStream content = Files.newInputStream(file.getValue())) {
          Blobs.Stored stored = batch.add(content, Optional.empty());
          entries.add(new Manifest.Entry(file.getKey(), stored.digest().toString(), stored.size()));
        }
      }
      Manifest manifest = new Manifest(entries);
      Blobs.Stored stored =
          batch.add(new ByteArrayInputStream(manifest.toJson()), Optional.empty());
      batch.publish();
      return new Artifact(stored.digest().toString(), Artifact.Kind.FOLDER, manifest.size());
    }
  }

  @Override
  public boolean has(String digest) throws IOException {
    return blobs.has(Digest.parse(digest));
  }

  @Override
  public InputStream open(String digest) throws IOException {
    return Files.newInputStream(localFile(digest));
  }

  @Override
  public InputStream open(String folderDigest, String path) throws IOException {
    FolderPath.check(path);
    Manifest.Entry entry =
        manifest(folderDigest)
            .file(path)
            .orElseThrow(() -> new ArtifactNotFoundException(folderDigest, path));
    return open(entry.digest());
  }

  @Override
  public Path localFile(String digest) throws IOException {
    return blobs.verified(Digest.parse(digest));
  }

  @Override
  public Path localFolder(String digest) throws IOException {
    Digest folder = Digest.parse(digest);
    Manifest manifest = manifest(digest);
    try {
      return sharedViews.folder(folder, manifest);
    } catch (ArtifactStoreException e) {
      if (e.fault() != ArtifactFault.ARTIFACT_STORE_READ_ONLY) {
        throw e;
      }
      return privateViews().folder(folder, manifest);
    }
  }

  @Override
  public void forEach(Consumer<StoredBlob> consumer) throws IOException {
    blobs.forEach(consumer);
  }

  @Override
  public boolean remove(String digest, Instant before) throws IOException {
    Digest parsed = Digest.parse(digest);
    boolean gone = blobs.remove(parsed, before);
    if (gone) {
      sharedViews.remove(parsed);
    }
    return gone;
  }

  Manifest manifest(String folderDigest) throws IOException {
    Path file = localFile(folderDigest);
    if (Files.size(file) > MAX_MANIFEST_BYTES) {
      throw new ArtifactStoreException(
          ArtifactFault.ARTIFACT_NOT_A_FOLDER, folderDigest + " is not the manifest of a folder");
    }
    return Manifest.parse(Digest.parse(folderDigest), Files.readAllBytes(file));
  }

  /** Beside a read-only store this process keeps its views for itself. */
  private FolderViews privateViews() throws IOException {
    synchronized (privateViewsLock) {
      if (privateViews == null) {
        privateViews = new FolderViews(Files.createTempDirectory("affinage-folders-"), blobs);
      }
      return privateViews;
    }
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
