package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Read-only files named by their content under one root. A blob appears by an atomic rename after
 * its bytes are on the disk, so several processes may write the same one at once: the last rename
 * wins and changes nothing.
 */
final class Blobs {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Path root;
  private final TemporaryFiles temporary;

  /** The state in which this process has verified a blob; a later change is verified again. */
  private final Map<Digest, Stamp> verified = new ConcurrentHashMap<>();

  private record Stamp(FileTime modified, long size) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size());
    }
  }

  /** A stored blob. */
  record Stored(Digest digest, long size) {}

  /** What content from elsewhere must be. */
  record Expected(Digest digest, String source) {}

  Blobs(Path root) {
    this.root = root;
    this.temporary = new TemporaryFiles(root.resolve("tmp"));
  }

  /**
   * Stores a stream, which the caller closes.
   *
   * @param expected what the content must be, if it is known
   */
  Stored put(InputStream content, Optional<Expected> expected) throws IOException {
    Path file = null;
    try {
      file = nextTemporary();
      MessageDigest accumulator = Digest.accumulator();
      long size = write(content, file, accumulator);
      Digest digest = Digest.of(accumulator);
      if (expected.isPresent() && !expected.get().digest().equals(digest)) {
        throw corrupt(expected.get().digest(), expected.get().source(), digest, size);
      }
      publish(file, digest);
      return new Stored(digest, size);
    } finally {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    }
  }

  boolean has(Digest digest) {
    return Files.isRegularFile(path(digest));
  }

  /** The blob's file; hashed before its first use by this process and after every change. */
  Path verified(Digest digest) throws ArtifactStoreException {
    Path file = path(digest);
    if (!Files.isRegularFile(file)) {
      throw new ArtifactNotFoundException(digest.toString());
    }
    try {
      Stamp stamp = Stamp.of(file);
      if (!stamp.equals(verified.get(digest))) {
        Digest actual = hash(file);
        if (!actual.equals(digest)) {
          throw corrupt(digest, file.toString(), actual, stamp.size());
        }
        verified.put(digest, stamp);
      }
      return file;
    } catch (IOException e) {
      throw StoreFailure.reading(root, e);
    }
  }

  static Digest hash(Path file) throws IOException {
    MessageDigest accumulator = Digest.accumulator();
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
      while (channel.read(buffer) >= 0) {
        accumulator.update(buffer.flip());
        buffer.clear();
      }
    }
    return Digest.of(accumulator);
  }

  private Path path(Digest digest) {
    return root.resolve("blobs/sha256").resolve(digest.fileName());
  }

  private Path nextTemporary() throws ArtifactStoreException {
    try {
      return temporary.next();
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
  }

  /** Failures of the source pass as they are; those of the store get the store's codes. */
  private long write(InputStream content, Path file, MessageDigest accumulator) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long size = 0;
    try (FileChannel channel = create(file)) {
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        accumulator.update(buffer, 0, read);
        size += read;
        append(channel, ByteBuffer.wrap(buffer, 0, read));
      }
      sync(channel);
    }
    return size;
  }

  private FileChannel create(Path file) throws ArtifactStoreException {
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
  }

  private void append(FileChannel channel, ByteBuffer bytes) throws ArtifactStoreException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
  }

  private void sync(FileChannel channel) throws ArtifactStoreException {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
  }

  private void publish(Path file, Digest digest) throws ArtifactStoreException {
    Path target = path(digest);
    try {
      if (has(digest) && intact(digest)) {
        return;
      }
      Files.createDirectories(target.getParent());
      if (!file.toFile().setReadOnly()) {
        throw new IOException("could not make " + file + " read-only");
      }
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(target.getParent());
      syncFolder(target.getParent().getParent());
      verified.put(digest, Stamp.of(target));
    } catch (IOException e) {
      throw StoreFailure.writing(root, e);
    }
  }

  /** A damaged blob is replaced by storing its content again. */
  private boolean intact(Digest digest) throws ArtifactStoreException {
    try {
      verified(digest);
      return true;
    } catch (ArtifactStoreException e) {
      if (e.fault() == ArtifactFault.ARTIFACT_CORRUPT
          || e.fault() == ArtifactFault.ARTIFACT_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /** Makes the rename itself durable. Windows cannot open a folder and needs no such call. */
  private static void syncFolder(Path folder) throws IOException {
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static ArtifactStoreException corrupt(
      Digest digest, String where, Digest actual, long size) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_CORRUPT,
        "the artifact "
            + digest
            + " is damaged: "
            + where
            + " has "
            + size
            + " bytes with digest "
            + actual
            + "; store the content again to replace it");
  }
}
