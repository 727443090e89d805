package io.affinage.artifacts;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Read-only files named by their content under one root. A blob appears by an atomic rename after
 * its bytes are on the disk, so several processes may write the same one at once: the last rename
 * wins and changes nothing.
 *
 * <p>Waiting for the disk is what storing small files costs, so that several go through it
 * together: see {@link Batch}.
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
    try (Batch batch = new Batch()) {
      Stored stored = batch.add(content, expected);
      batch.publish();
      return stored;
    }
  }

  /**
   * Contents that become blobs together: all are written, then all are awaited on the disk, then
   * all are renamed. Those that are stored already are not written again.
   */
  final class Batch implements Closeable {
    private final Map<Digest, Path> written = new LinkedHashMap<>();

    /**
     * Takes a stream, which the caller closes.
     *
     * @param expected what the content must be, if it is known
     */
    Stored add(InputStream content, Optional<Expected> expected) throws IOException {
      byte[] head = content.readNBytes(BUFFER_BYTES);
      MessageDigest accumulator = Digest.accumulator();
      accumulator.update(head);
      if (head.length < BUFFER_BYTES) {
        Stored small = new Stored(Digest.of(accumulator), head.length);
        check(expected, small);
        if (isMissing(small.digest())) {
          Path file = nextTemporary();
          written.put(small.digest(), file);
          write(head, content, file, accumulator);
        }
        return small;
      }
      return addLarge(head, content, accumulator, expected);
    }

    private Stored addLarge(
        byte[] head, InputStream content, MessageDigest accumulator, Optional<Expected> expected)
        throws IOException {
      Path file = nextTemporary();
      try {
        long size = write(head, content, file, accumulator);
        Stored large = new Stored(Digest.of(accumulator), size);
        check(expected, large);
        if (isMissing(large.digest())) {
          written.put(large.digest(), file);
        }
        return large;
      } finally {
        if (!written.containsValue(file)) {
          Files.deleteIfExists(file);
        }
      }
    }

    private boolean isMissing(Digest digest) throws ArtifactStoreException {
      return !written.containsKey(digest) && !(has(digest) && intact(digest) && renewed(digest));
    }

    private void check(Optional<Expected> expected, Stored found) throws ArtifactStoreException {
      if (expected.isPresent() && !expected.get().digest().equals(found.digest())) {
        throw corrupt(
            expected.get().digest(), expected.get().source(), found.digest(), found.size());
      }
    }

    /** Makes all of them blobs, and durable. */
    void publish() throws ArtifactStoreException {
      try {
        for (Path file : written.values()) {
          sync(file);
        }
        Set<Path> changed = new LinkedHashSet<>();
        for (Map.Entry<Digest, Path> each : written.entrySet()) {
          changed.addAll(rename(each.getValue(), path(each.getKey())));
        }
        for (Path folder : changed) {
          syncFolder(folder);
        }
        for (Digest digest : written.keySet()) {
          verified.put(digest, Stamp.of(path(digest)));
        }
      } catch (IOException e) {
        throw StoreFailure.writing(root, e);
      }
    }

    @Override
    public void close() throws IOException {
      for (Path file : written.values()) {
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
  private long write(byte[] head, InputStream content, Path file, MessageDigest accumulator)
      throws IOException {
    long size = head.length;
    try (FileChannel channel = create(file)) {
      append(channel, ByteBuffer.wrap(head));
      if (head.length == BUFFER_BYTES) {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
          accumulator.update(buffer, 0, read);
          size += read;
          append(channel, ByteBuffer.wrap(buffer, 0, read));
        }
      }
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

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** The folders whose entries changed. */
  private static List<Path> rename(Path file, Path target) throws IOException {
    Path folder = target.getParent();
    boolean isNew = !Files.isDirectory(folder);
    if (isNew) {
      Files.createDirectories(folder);
    }
    if (!file.toFile().setReadOnly()) {
      throw new IOException("could not make " + file + " read-only");
    }
    Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
    return isNew ? List.of(folder, folder.getParent()) : List.of(folder);
  }

  /** Makes a blob young again that nobody may have named yet; false where it was just removed. */
  private boolean renewed(Digest digest) {
    Path file = path(digest);
    Instant now = Instant.now();
    try {
      if (Files.getLastModifiedTime(file)
          .toInstant()
          .isBefore(now.minus(Sweepable.RENEWED_AFTER))) {
        Files.setLastModifiedTime(file, FileTime.from(now));
        verified.put(digest, Stamp.of(file));
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return has(digest); // another owner's, or a store that is read only
    }
  }

  /** Every blob. */
  void forEach(Consumer<StoredBlob> consumer) throws IOException {
    Path folder = root.resolve("blobs/sha256");
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String hex = file.getParent().getFileName().toString() + file.getFileName();
        Stamp stamp;
        try {
          stamp = Stamp.of(file);
        } catch (NoSuchFileException e) {
          continue; // another sweep
        }
        consumer.accept(
            new StoredBlob(
                Digest.parse("sha256:" + hex).toString(),
                stamp.size(),
                stamp.modified().toInstant()));
      }
    }
  }

  /** Takes it away first, so that whoever stores it meanwhile writes it anew. */
  boolean remove(Digest digest, Instant before) throws IOException {
    Path file = path(digest);
    Path aside = temporary.next();
    try {
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return true;
    }
    if (!Files.getLastModifiedTime(aside).toInstant().isBefore(before)) {
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
      return false;
    }
    verified.remove(digest);
    Files.delete(aside);
    return true;
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
