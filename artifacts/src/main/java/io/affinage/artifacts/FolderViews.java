package io.affinage.artifacts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Directories that show folder artifacts, one per digest, made of hard links to the blobs, or of
 * copies where the file system allows no link. A view found on the disk is checked file by file
 * before its first use and rebuilt when it does not match.
 */
final class FolderViews {
  private static final int PUBLISHING_ATTEMPTS = 100;

  private final Path root;
  private final Blobs blobs;
  private final TemporaryFiles temporary;
  private final Set<Digest> checked = ConcurrentHashMap.newKeySet();

  FolderViews(Path root, Blobs blobs) {
    this.root = root;
    this.blobs = blobs;
    this.temporary = new TemporaryFiles(root.resolve("tmp"));
  }

  Path folder(Digest digest, Manifest manifest) throws ArtifactStoreException {
    Path view = root.resolve("folders/sha256").resolve(digest.fileName());
    for (Manifest.Entry entry : manifest.files()) {
      blobs.verified(Digest.parse(entry.digest()));
    }
    if (checked.contains(digest) && Files.isDirectory(view)) {
      return view;
    }
    try {
      if (!matches(view, manifest)) {
        build(view, manifest);
      }
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
    checked.add(digest);
    return view;
  }

  /** Removes a view, whose links would keep its files' room. */
  void remove(Digest digest) throws IOException {
    Path view = root.resolve("folders/sha256").resolve(digest.fileName());
    if (Files.isDirectory(view)) {
      Path aside = temporary.next();
      Files.move(view, aside, StandardCopyOption.ATOMIC_MOVE);
      TemporaryFiles.delete(aside);
    }
    checked.remove(digest);
  }

  private void build(Path view, Manifest manifest) throws IOException {
    Path building = temporary.next();
    Path replaced = temporary.next();
    try {
      Files.createDirectories(building);
      for (Manifest.Entry entry : manifest.files()) {
        Path target = inside(building, entry.path());
        Files.createDirectories(target.getParent());
        show(blobs.verified(Digest.parse(entry.digest())), target);
      }
      Files.createDirectories(view.getParent());
      publish(building, view, manifest);
    } finally {
      TemporaryFiles.delete(building);
    }
  }

  /**
   * Others may publish the same view meanwhile: theirs is as good, once it is checked, and is not
   * replaced, for they may be reading it.
   */
  private void publish(Path building, Path view, Manifest manifest) throws IOException {
    for (int attempt = 1; !matches(view, manifest); attempt++) {
      Path replaced = temporary.next();
      try {
        if (Files.exists(view)) {
          Files.move(view, replaced, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(building, view, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (FileSystemException e) {
        if (attempt == PUBLISHING_ATTEMPTS) {
          throw e;
        }
      } finally {
        TemporaryFiles.delete(replaced);
      }
    }
  }

  private static void show(Path blob, Path target) throws IOException {
    try {
      Files.createLink(target, blob);
    } catch (UnsupportedOperationException | FileSystemException e) {
      // Across file systems, on those without links, or for a blob of another owner.
      Files.copy(blob, target);
      if (!target.toFile().setReadOnly()) {
        throw new IOException("could not make " + target + " read-only", e);
      }
    }
  }

  private boolean matches(Path view, Manifest manifest) throws IOException {
    try {
      return Files.isDirectory(view) && shows(view, manifest);
    } catch (NoSuchFileException e) {
      return false; // Somebody has just moved it out of its name.
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return false;
      }
      throw e.getCause();
    }
  }

  private boolean shows(Path view, Manifest manifest) throws IOException {
    try (Stream<Path> below = Files.walk(view)) {
      if (below.filter(path -> !Files.isDirectory(path)).count() != manifest.files().size()) {
        return false;
      }
    }
    for (Manifest.Entry entry : manifest.files()) {
      Path file = inside(view, entry.path());
      Digest digest = Digest.parse(entry.digest());
      if (!Files.isRegularFile(file)
          || !(Files.isSameFile(file, blobs.verified(digest)) || Blobs.hash(file).equals(digest))) {
        return false;
      }
    }
    return true;
  }

  /** A second guard behind {@link FolderPath}: some systems read more into a name than we do. */
  private static Path inside(Path folder, String path) throws ArtifactStoreException {
    Path resolved = folder.resolve(path).normalize();
    if (!resolved.startsWith(folder)) {
      throw new ArtifactStoreException(
          ArtifactFault.ARTIFACT_PATH_INVALID, "the path '" + path + "' leaves its folder");
    }
    return resolved;
  }
}
