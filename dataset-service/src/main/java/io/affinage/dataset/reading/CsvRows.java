package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.affinage.dataset.DatasetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Values separated by commas, or another character, with a header line (RFC 4180). Every value is
 * text. Blank lines are no rows.
 */
final class CsvRows implements RowReader {
  private final ReadLimits limits;
  private final CsvDialect dialect;
  private final String unknownBytes;
  private final CsvRecordGuard guard;
  private final CloseableIterator<CsvRecord> records;
  private List<String> header;
  private long index;
  private long hiddenLines;

  CsvRows(TextBytes text, CsvDialect dialect, ReadLimits limits) {
    this.limits = limits;
    this.dialect = dialect;
    this.unknownBytes = text.unknownBytes();
    this.guard =
        new CsvRecordGuard(
            new SurrogateEscapeReader(text.in()), dialect.separator(), limits.maxRowBytes());
    int maxBuffer = (int) Math.min(Integer.MAX_VALUE - 16, limits.maxRowBytes() + (1L << 20));
    this.records =
        CsvReader.builder()
            .fieldSeparator(dialect.separator())
            .skipEmptyLines(false)
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .maxBufferSize(maxBuffer)
            .ofCsvRecord(guard)
            .iterator();
  }

  @Override
  public RawRow next() throws IOException {
    try {
      if (header == null && !readHeader()) {
        return null;
      }
      return nextRow();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (CsvParseException e) {
      if (e.getCause() instanceof DatasetException known) {
        throw known;
      }
      throw new DatasetException("invalid_csv", "the CSV cannot be read on: " + e.getMessage());
    }
  }

  private boolean readHeader() {
    if (dialect.saidInFirstLine() && records.hasNext()) {
      records.next();
      index++;
    }
    if (!records.hasNext()) {
      return false;
    }
    CsvRecord record = records.next();
    RowFault fault = fault(index++);
    if (fault != null || record.getFields().stream().anyMatch(SurrogateEscapeReader::hasEscape)) {
      throw new DatasetException(
          "invalid_header",
          "the CSV header in line 1 cannot be read: "
              + (fault == null ? "it is " + unknownBytes : fault.detail()),
          fault == null ? "encoding" : null);
    }
    Set<String> names = new HashSet<>();
    for (String name : record.getFields()) {
      if (!names.add(name)) {
        throw new DatasetException(
            "duplicate_column", "the CSV header names the column " + name + " twice");
      }
    }
    header = List.copyOf(record.getFields());
    return true;
  }

  private RawRow nextRow() {
    while (records.hasNext()) {
      CsvRecord record = records.next();
      long line = record.getStartingLineNumber() + hiddenLines;
      RowFault fault = fault(index++);
      if (fault != null || !blank(record)) {
        return row(record, line, fault);
      }
    }
    return null;
  }

  private RowFault fault(long recordIndex) {
    CsvRecordGuard.Marked marked = guard.marked(recordIndex);
    if (marked == null) {
      return null;
    }
    hiddenLines += marked.swallowedLines();
    return marked.fault();
  }

  private boolean blank(CsvRecord record) {
    return record.getFieldCount() == 0
        || record.getFieldCount() == 1 && record.getField(0).isBlank();
  }

  private RawRow row(CsvRecord record, long line, RowFault fault) {
    List<String> values = record.getFields();
    if (fault != null) {
      return broken(line, fault, values);
    }
    if (values.size() != header.size()) {
      String detail =
          "the header names " + header.size() + " columns, the record has " + values.size();
      return broken(line, new RowFault(FaultReason.WRONG_FIELD_COUNT, detail), values);
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    boolean empty = true;
    for (int i = 0; i < values.size(); i++) {
      String value = values.get(i);
      if (SurrogateEscapeReader.hasEscape(value)) {
        String detail = "the column " + header.get(i) + " has bytes that are " + unknownBytes;
        return broken(line, new RowFault(FaultReason.INVALID_UTF8, detail), values);
      }
      empty &= value.isBlank();
      fields.put(header.get(i), value);
    }
    if (empty) {
      return broken(line, new RowFault(FaultReason.EMPTY_ROW, "every field is empty"), values);
    }
    return new RawRow.Fields(line, fields);
  }

  private RawRow broken(long line, RowFault fault, List<String> values) {
    StringBuilder raw = new StringBuilder();
    for (String value : values) {
      if (raw.length() > limits.excerptCharacters()) {
        break;
      }
      raw.append(raw.isEmpty() ? "" : ",");
      raw.append(value, 0, Math.min(value.length(), limits.excerptCharacters() + 1));
    }
    return new RawRow.Broken(line, fault, Excerpt.of(raw, limits.excerptCharacters()));
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
