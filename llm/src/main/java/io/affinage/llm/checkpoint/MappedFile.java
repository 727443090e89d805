package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped read-only. A ByteBuffer spans less than 2 GiB, so the file is mapped in overlapping
 * windows, one starting every GiB: any range of up to 1 GiB lies inside one window.
 */
final class MappedFile {

  private static final long STRIDE = Checkpoint.MAX_SLICE;

  private final Path path;
  private final long size;
  private final ByteBuffer[] windows;

  private MappedFile(Path path, long size, ByteBuffer[] windows) {
    this.path = path;
    this.size = size;
    this.windows = windows;
  }

  static MappedFile open(Path path) {
    if (!Files.exists(path)) {
      throw new LlmException("checkpoint_missing", path + " does not exist");
    }
    if (!Files.isRegularFile(path)) {
      throw new LlmException("checkpoint_unreadable", path + " is not a regular file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      var windows = new ByteBuffer[Math.toIntExact((size + STRIDE - 1) / STRIDE)];
      for (int i = 0; i < windows.length; i++) {
        long start = i * STRIDE;
        windows[i] =
            channel.map(
                FileChannel.MapMode.READ_ONLY, start, Math.min(size - start, Integer.MAX_VALUE));
      }
      return new MappedFile(path, size, windows);
    } catch (NoSuchFileException e) {
      throw new LlmException("checkpoint_missing", path + " does not exist", e);
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_unreadable", path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** The content of a small file that is already in memory. */
  static MappedFile of(Path path, byte[] content) {
    var windows =
        content.length == 0
            ? new ByteBuffer[0]
            : new ByteBuffer[] {ByteBuffer.wrap(content).asReadOnlyBuffer()};
    return new MappedFile(path, content.length, windows);
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /** A little-endian view of {@code length} bytes from {@code offset} on. */
  ByteBuffer slice(long offset, int length) {
    if (offset < 0 || length < 0 || length > STRIDE || offset > size - length) {
      throw new IndexOutOfBoundsException(
          "%d bytes at %d of %s (%d bytes)".formatted(length, offset, path, size));
    }
    if (length == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    int window = (int) (offset / STRIDE);
    return windows[window].slice((int) (offset % STRIDE), length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
