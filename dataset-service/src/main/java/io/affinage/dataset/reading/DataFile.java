package io.affinage.dataset.reading;

import io.affinage.dataset.DatasetException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A local file with rows.
 *
 * @param name the name it came with, a hint for the format
 */
public record DataFile(Path path, String name) {

  /** The bytes, unpacked when they are gzip, and no more of them than the limit allows. */
  InputStream open(ReadLimits limits) throws IOException {
    InputStream in = Files.newInputStream(path);
    try {
      BufferedInputStream buffered = new BufferedInputStream(in, 1 << 16);
      buffered.mark(8);
      byte[] magic = buffered.readNBytes(6);
      buffered.reset();
      refuseOtherCompression(magic);
      boolean gzip = magic.length >= 2 && magic[0] == 0x1F && magic[1] == (byte) 0x8B;
      return new Bounded(gzip ? new GZIPInputStream(buffered, 1 << 16) : buffered, limits);
    } catch (EOFException e) {
      in.close();
      throw truncated();
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private static void refuseOtherCompression(byte[] magic) {
    String found =
        starts(magic, 0x28, 0xB5, 0x2F, 0xFD)
            ? "zstd"
            : starts(magic, 'P', 'K', 3, 4)
                ? "zip"
                : starts(magic, 'B', 'Z', 'h')
                    ? "bzip2"
                    : starts(magic, 0xFD, '7', 'z', 'X', 'Z') ? "xz" : null;
    if (found != null) {
      throw new DatasetException(
          "unsupported_compression",
          "the file is packed with " + found + "; submit it unpacked, or packed with gzip");
    }
  }

  private static boolean starts(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (bytes[i] != (byte) magic[i]) {
        return false;
      }
    }
    return true;
  }

  private static DatasetException truncated() {
    return new DatasetException(
        "truncated_file", "the gzip file ends before its data does; submit the whole file");
  }

  /** Counts what comes out, and gives errors of the packing a code. */
  private static final class Bounded extends FilterInputStream {
    private final ReadLimits limits;
    private long read;

    Bounded(InputStream in, ReadLimits limits) {
      super(in);
      this.limits = limits;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try {
        int count = super.read(target, offset, length);
        read += Math.max(count, 0);
        if (read > limits.maxBytes()) {
          throw new DatasetException(
              "dataset_too_large", "the file has more than " + limits.maxBytes() + " bytes");
        }
        return count;
      } catch (EOFException e) {
        throw truncated();
      } catch (ZipException e) {
        throw new DatasetException(
            "corrupt_file", "the gzip file is damaged (" + e.getMessage() + "); submit it again");
      }
    }
  }
}
