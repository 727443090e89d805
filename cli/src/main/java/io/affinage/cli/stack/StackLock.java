package io.affinage.cli.stack;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Holds a home for one stack; the system lets go of it however the stack's process ends. */
final class StackLock {
  private static final int TRIES = 10;
  private static final long PAUSE_MILLIS = 100;

  private StackLock() {}

  /**
   * Takes the lock.
   *
   * @return what holds it until it is closed; empty when another stack has it
   */
  static Optional<FileChannel> take(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      // A command that looks holds it for an instant.
      for (int tries = 0; tries < TRIES; tries++) {
        if (channel.tryLock() != null) {
          return Optional.of(channel);
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (OverlappingFileLockException e) {
      // This process has it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  /** Whether some stack has the lock; when that cannot be found out, it is taken for held. */
  static boolean isTaken(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        FileLock look = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return look == null;
    } catch (OverlappingFileLockException | IOException e) {
      return true;
    }
  }
}
