package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Kernels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * State in memory-mapped files, one for each type. A file is removed once it is mapped: its pages
 * live as long as the arrays do, even when the process is killed.
 */
final class MappedState implements StateMemory {
  private static final Map<DataType, Integer> TORCH_CODES =
      Map.of(DataType.FLOAT32, 6, DataType.UINT8, 0);

  /** Bytes written at a time. */
  private static final int PIECE = 1 << 20;

  private final Map<DataType, NDArray> files = new EnumMap<>(DataType.class);
  private final Map<DataType, Long> used = new EnumMap<>(DataType.class);

  private MappedState() {}

  /**
   * @param slots all that will be asked for
   * @throws LlmException {@code optimizer_state_not_mapped}
   */
  static MappedState of(Kernels kernels, NDManager manager, Path folder, List<Slot> slots) {
    if (manager.getDevice().isGpu()) {
      throw new LlmException(
          "optimizer_state_not_mapped",
          "optimizer state can be paged to a file on the CPU only, and this run is on "
              + manager.getDevice());
    }
    MappedState state = new MappedState();
    for (DataType type : TORCH_CODES.keySet()) {
      long elements =
          slots.stream().filter(s -> s.type() == type).mapToLong(s -> s.shape().size()).sum();
      if (elements > 0) {
        state.files.put(type, map(kernels, manager, folder, type, elements));
        state.used.put(type, 0L);
      }
    }
    return state;
  }

  private static NDArray map(
      Kernels kernels, NDManager manager, Path folder, DataType type, long elements) {
    try {
      Files.createDirectories(folder);
      long bytes = elements * type.getNumOfBytes();
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < bytes) {
        throw new LlmException(
            "optimizer_state_not_mapped",
            "the optimizer's state needs %d bytes in %s, where %d are free"
                .formatted(bytes, folder, free));
      }
      Path file = Files.createTempFile(folder, "optimizer-", ".state");
      try {
        fill(file, bytes);
        return kernels
            .run(manager, "map_file", file.toString(), elements, TORCH_CODES.get(type))
            .singletonOrThrow();
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new LlmException(
          "optimizer_state_not_mapped", "cannot map a file in " + folder + ": " + e, e);
    }
  }

  /**
   * Gives a file its blocks on the disk. Without them a disk that gets full is met when a page is
   * written, which ends the process.
   */
  private static void fill(Path file, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, PIECE));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long left = bytes;
      while (left > 0) {
        zeros.clear().limit((int) Math.min(left, zeros.capacity()));
        left -= channel.write(zeros);
      }
    }
  }

  @Override
  public NDArray zeros(Slot slot) {
    long from = used.get(slot.type());
    long to = from + slot.shape().size();
    used.put(slot.type(), to);
    return files.get(slot.type()).get(new NDIndex(from + ":" + to)).reshape(slot.shape());
  }
}
