package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/**
 * Apache Parquet, one row group in memory at a time. A damaged file is refused as a whole: columns
 * are stored apart, so behind a damaged page no row can be trusted.
 */
final class ParquetRows implements RowReader {
  private final ReadLimits limits;
  private final ParquetFileReader file;
  private final MessageType schema;
  private final MessageColumnIO columns;
  private PageReadStore group;
  private RecordReader<Group> records;
  private long left;
  private long row;

  private ParquetRows(ParquetFileReader file, ReadLimits limits) {
    this.file = file;
    this.limits = limits;
    this.schema = file.getFileMetaData().getSchema();
    this.columns = new ColumnIOFactory().getColumnIO(schema);
  }

  static ParquetRows open(Path path, ReadLimits limits) throws IOException {
    long size = Files.size(path);
    int maxPage = (int) Math.min(1L << 29, limits.maxBytes());
    return trusted(
        0,
        () -> {
          ParquetReadOptions options =
              ParquetReadOptions.builder(new PlainParquetConfiguration())
                  .usePageChecksumVerification()
                  .withCodecFactory(new ParquetCodecs(maxPage))
                  .build();
          ParquetFileReader file = ParquetFileReader.open(new LocalInputFile(path), options);
          try {
            checkExtents(file, size, limits);
            return new ParquetRows(file, limits);
          } catch (RuntimeException | Error e) {
            file.close();
            throw e;
          }
        });
  }

  @Override
  public RawRow next() throws IOException {
    return trusted(
        row + 1,
        () -> {
          while (left == 0) {
            if (!openGroup()) {
              return null;
            }
          }
          Group record = records.read();
          left--;
          row++;
          ObjectNode fields = ParquetValues.object(record, limits.maxNesting());
          return JsonText.allNull(fields)
              ? new RawRow.Broken(
                  row, new RowFault(FaultReason.EMPTY_ROW, "no value in the row"), "")
              : new RawRow.Fields(row, fields);
        });
  }

  private boolean openGroup() throws IOException {
    if (group != null) {
      group.close();
    }
    group = file.readNextRowGroup();
    if (group == null) {
      return false;
    }
    left = group.getRowCount();
    records = columns.getRecordReader(group, new GroupRecordConverter(schema));
    return true;
  }

  /** The footer is the file's own word: hold it against the file before memory is asked for. */
  private static void checkExtents(ParquetFileReader file, long size, ReadLimits limits) {
    long total = 0;
    for (BlockMetaData block : file.getFooter().getBlocks()) {
      if (block.getRowCount() < 0) {
        throw invalid("a row group has " + block.getRowCount() + " rows", 0);
      }
      for (ColumnChunkMetaData column : block.getColumns()) {
        long start = column.getStartingPos();
        long bytes = column.getTotalSize();
        if (start < 0 || bytes < 0 || bytes > size || start > size - bytes) {
          throw invalid("the column " + column.getPath() + " lies outside of the file", 0);
        }
        total += Math.max(0, column.getTotalUncompressedSize());
      }
    }
    if (total > limits.maxBytes()) {
      throw new DatasetException(
          "dataset_too_large",
          "the file unpacks to " + total + " bytes, the limit is " + limits.maxBytes());
    }
  }

  private interface Reading<T> {
    T run() throws IOException;
  }

  /**
   * Parquet's reader meets damaged files with every kind of exception, and with a failed allocation
   * where a size in the file is nonsense: all of them mean that the file is at fault. Errors of the
   * disk are left as they are.
   */
  private static <T> T trusted(long row, Reading<T> reading) throws IOException {
    try {
      return reading.run();
    } catch (DatasetException e) {
      throw e;
    } catch (ParquetCodecs.UnsupportedCodecException e) {
      throw new DatasetException("unsupported_compression", e.getMessage());
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw invalid(rootMessage(e), row);
    } catch (IOException e) {
      throw invalid(rootMessage(e), row);
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message =
        root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return Excerpt.of(message, 300);
  }

  private static DatasetException invalid(String what, long row) {
    return new DatasetException(
        "invalid_parquet",
        "the Parquet file cannot be read"
            + (row > 0 ? " at row " + row : "")
            + ": "
            + what
            + "; it is damaged, incomplete, encrypted, or not Parquet");
  }

  @Override
  public void close() throws IOException {
    if (group != null) {
      group.close();
    }
    file.close();
  }
}
