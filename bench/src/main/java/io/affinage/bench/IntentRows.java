package io.affinage.bench;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;

/** The rows of a CSV file with the columns {@code utterance} and {@code intent}. */
public final class IntentRows {
  private IntentRows() {}

  /** A message and the name of its intent. */
  public record Row(String utterance, String intent) {}

  /** Rows in an order that the seed decides: such files have them by intent. */
  public static List<Row> read(Path file, int count, long seed) {
    List<Row> rows = new ArrayList<>();
    try (CsvReader<NamedCsvRecord> csv = CsvReader.builder().ofNamedCsvRecord(file)) {
      for (NamedCsvRecord row : csv) {
        rows.add(new Row(row.getField("utterance"), row.getField("intent")));
      }
    } catch (IOException | CsvParseException e) {
      throw new BenchException("the data " + file + " cannot be read: " + e.getMessage());
    } catch (NoSuchElementException e) {
      throw new BenchException(
          "the data " + file + " has not the columns utterance and intent: " + e.getMessage());
    }
    if (rows.size() < count) {
      throw new BenchException("%s has %d rows, fewer than %d".formatted(file, rows.size(), count));
    }
    Collections.shuffle(rows, new Random(seed));
    return List.copyOf(rows.subList(0, count));
  }
}
