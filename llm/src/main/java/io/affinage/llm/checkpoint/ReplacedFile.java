package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that appears under its name only when it is complete and on the disk. */
final class ReplacedFile {

  private ReplacedFile() {}

  /** Writes the content from the channel's start on. */
  @FunctionalInterface
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes a file, replacing it.
   *
   * @throws LlmException {@code checkpoint_not_written}
   */
  static void write(Path file, Content content) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (FileChannel channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "%s cannot be written: %s".formatted(file, e.getMessage()), e);
    } finally {
      try {
        Files.deleteIfExists(part);
      } catch (IOException e) {
        // The failure that left it there is the one to report; the next write replaces it.
      }
    }
  }

  /**
   * Lets a tensor write itself and counts.
   *
   * @throws LlmException {@code checkpoint_tensor_incomplete} if it gives fewer or more bytes
   */
  static void append(
      FileChannel channel, Path file, String tensor, long byteLength, TensorData data)
      throws IOException {
    long start = channel.position();
    data.writeTo(channel);
    long written = channel.position() - start;
    if (written != byteLength) {
      throw new LlmException(
          "checkpoint_tensor_incomplete",
          "%s: tensor %s needs %d bytes, but %d were given"
              .formatted(file, tensor, byteLength, written));
    }
  }

  static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
