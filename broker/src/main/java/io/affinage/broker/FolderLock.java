package io.affinage.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Holds a folder for one broker. Kafka has a lock of its own, but ends the whole JVM when it is
 * taken.
 */
final class FolderLock implements AutoCloseable {
  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  static FolderLock acquire(Path folder) {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              folder.resolve("affinage-broker.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new OverlappingFileLockException();
      }
      return new FolderLock(channel);
    } catch (OverlappingFileLockException e) {
      closed(channel);
      throw new BrokerException(
          "folder_in_use",
          "Folder %s is in use by another broker: stop it or choose another folder."
              .formatted(folder),
          e);
    } catch (IOException e) {
      closed(channel);
      throw BrokerFolder.unusable(folder, e);
    }
  }

  @Override
  public void close() {
    closed(channel);
  }

  private static void closed(FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
