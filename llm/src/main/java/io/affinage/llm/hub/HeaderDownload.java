package io.affinage.llm.hub;

import io.affinage.llm.checkpoint.GgufFile;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A model's configuration and the headers of its weights, without the weights: files of the sizes
 * that the hub states, which hold nothing behind their headers and take no room on the disk. They
 * open as the model would; what is read of a weight is zeros.
 */
final class HeaderDownload {
  /** Asked for at once: headers of most files are smaller. */
  private static final int FIRST = 1 << 16;

  /** The most that a header may have, and a file of texts. */
  private static final int MOST = 100_000_000;

  /**
   * Of a GGUF file, whose header has the vocabulary. Where it ends is not said in front of it, so
   * more is asked for where that was not all.
   */
  private static final List<Integer> GGUF = List.of(1 << 24, 1 << 26);

  private final HubClient client;
  private final HubId id;
  private final String commit;

  HeaderDownload(HubClient client, HubId id, String commit) {
    this.client = client;
    this.id = id;
    this.commit = commit;
  }

  /** Whether a file is asked for at all. */
  static boolean needs(HubFile file) {
    return file.name().equals("config.json")
        || file.name().endsWith(".index.json")
        || isWeights(file);
  }

  private static boolean isWeights(HubFile file) {
    String name = file.name().toLowerCase(Locale.ROOT);
    return name.endsWith(".safetensors") || name.endsWith(".gguf");
  }

  /** Writes a file's beginning into the folder. */
  void fetch(HubFile file, Path folder) throws IOException, InterruptedException {
    Path target = folder.resolve(file.name());
    if (!isWeights(file)) {
      byte[] text = client.part(id, commit, file, 0, MOST);
      write(target, text, text.length);
      return;
    }
    long size =
        file.size()
            .orElseThrow(
                () ->
                    new LlmException(
                        "hub_answer_invalid",
                        "the hub does not state the size of %s of %s".formatted(file.name(), id)));
    if (!file.name().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      write(target, safetensors(file, size), size);
      return;
    }
    for (int length : GGUF) {
      write(target, client.part(id, commit, file, 0, (int) Math.min(length, size)), size);
      if (length >= size || isWhole(target)) {
        return;
      }
    }
  }

  private static boolean isWhole(Path gguf) {
    try {
      GgufFile.open(gguf);
      return true;
    } catch (LlmException e) {
      return false; // with more of it, or whoever opens it says what is wrong
    }
  }

  /** A failure of the disk passes for none of the network, which would be tried again. */
  private static void write(Path target, byte[] header, long size) {
    try (RandomAccessFile out = new RandomAccessFile(target.toFile(), "rw")) {
      out.write(header, 0, (int) Math.min(header.length, size));
      out.setLength(size);
    } catch (IOException e) {
      throw ModelHub.unwritable(target, e);
    }
  }

  private byte[] safetensors(HubFile file, long size) throws IOException, InterruptedException {
    byte[] first = client.part(id, commit, file, 0, (int) Math.min(FIRST, size));
    if (first.length < 8) {
      return first;
    }
    long length = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long end = 8 + length;
    if (length < 2 || length > MOST || end <= first.length) {
      return first; // whoever opens it says what is wrong, if anything is
    }
    byte[] rest =
        client.part(id, commit, file, first.length, (int) (Math.min(end, size) - first.length));
    byte[] whole = new byte[first.length + rest.length];
    System.arraycopy(first, 0, whole, 0, first.length);
    System.arraycopy(rest, 0, whole, first.length, rest.length);
    return whole;
  }
}
