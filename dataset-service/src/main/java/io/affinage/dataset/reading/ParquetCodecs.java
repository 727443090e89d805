package io.affinage.dataset.reading;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.airlift.compress.lz4.Lz4Decompressor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Page compression without Hadoop's codec classes. A page never grows beyond what its header says
 * nor beyond the limit, so a compressed bomb fails instead of filling the memory.
 */
final class ParquetCodecs implements CompressionCodecFactory {
  private final int maxPageBytes;

  ParquetCodecs(int maxPageBytes) {
    this.maxPageBytes = maxPageBytes;
  }

  private interface Decompression {
    /** Fills the output to its end or throws. */
    void run(byte[] input, byte[] output) throws IOException;
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case UNCOMPRESSED -> new Pages(ParquetCodecs::copy);
      case SNAPPY -> new Pages(ParquetCodecs::snappy);
      case GZIP -> new Pages((in, out) -> drain(new GZIPInputStream(stream(in)), out));
      case ZSTD -> new Pages((in, out) -> drain(new ZstdInputStreamNoFinalizer(stream(in)), out));
      case LZ4_RAW -> new Pages(ParquetCodecs::lz4);
      case LZ4, LZO, BROTLI ->
          throw new UnsupportedCodecException(
              "compression "
                  + codec
                  + " is not supported; write the file with ZSTD, SNAPPY, GZIP, LZ4_RAW or none");
    };
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("for reading only");
  }

  @Override
  public void release() {
    // nothing is pooled
  }

  /** A compression that this reader lacks. */
  static final class UnsupportedCodecException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsupportedCodecException(String message) {
      super(message);
    }
  }

  private static InputStream stream(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  private static void copy(byte[] input, byte[] output) throws IOException {
    if (input.length != output.length) {
      throw new IOException("page of " + input.length + " bytes, header says " + output.length);
    }
    System.arraycopy(input, 0, output, 0, output.length);
  }

  private static void snappy(byte[] input, byte[] output) throws IOException {
    if (!Snappy.isValidCompressedBuffer(input)
        || Snappy.uncompressedLength(input) != output.length) {
      throw new IOException("corrupt snappy page");
    }
    Snappy.uncompress(input, 0, input.length, output, 0);
  }

  private static void lz4(byte[] input, byte[] output) throws IOException {
    int written =
        new Lz4Decompressor().decompress(input, 0, input.length, output, 0, output.length);
    if (written != output.length) {
      throw new IOException("corrupt lz4 page");
    }
  }

  private static void drain(InputStream in, byte[] output) throws IOException {
    try (in) {
      if (in.readNBytes(output, 0, output.length) != output.length || in.read() >= 0) {
        throw new IOException("page is not of the size that its header says");
      }
    }
  }

  private final class Pages implements BytesInputDecompressor {
    private final Decompression decompression;

    Pages(Decompression decompression) {
      this.decompression = decompression;
    }

    @Override
    public BytesInput decompress(BytesInput bytes, int uncompressedSize) throws IOException {
      ByteArrayOutputStream input = new ByteArrayOutputStream((int) bytes.size());
      bytes.writeAllTo(input);
      return BytesInput.from(run(input.toByteArray(), uncompressedSize));
    }

    @Override
    public void decompress(
        ByteBuffer input, int compressedSize, ByteBuffer output, int uncompressedSize)
        throws IOException {
      byte[] in = new byte[compressedSize];
      input.get(in);
      output.put(run(in, uncompressedSize));
    }

    private byte[] run(byte[] input, int uncompressedSize) throws IOException {
      if (uncompressedSize < 0 || uncompressedSize > maxPageBytes) {
        throw new IOException(
            "a page of " + uncompressedSize + " bytes, the limit is " + maxPageBytes);
      }
      byte[] output = new byte[uncompressedSize];
      if (uncompressedSize > 0) {
        decompression.run(input, output);
      }
      return output;
    }

    @Override
    public void release() {
      // nothing is pooled
    }
  }
}
