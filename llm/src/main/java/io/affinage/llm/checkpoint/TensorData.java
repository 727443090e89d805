package io.affinage.llm.checkpoint;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Writes the bytes of one tensor: little-endian, row-major. Called once for each writing of the
 * file, when the tensor's turn comes.
 */
@FunctionalInterface
public interface TensorData {
  void writeTo(WritableByteChannel channel) throws IOException;
}
