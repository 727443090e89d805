package io.affinage.dataset.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.layout.Normaliser;
import io.affinage.dataset.layout.RowNote;
import io.affinage.dataset.layout.RowRules;
import io.affinage.dataset.reading.FoundRow;
import io.affinage.dataset.reading.RawRow;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.dataset.reading.RowFault;
import io.affinage.dataset.reading.RowReader;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One pass over the rows of one dataset. */
final class IngestionPass {
  private static final int SAMPLE_ROWS = 200;
  private static final long SAMPLE_WEIGHT = 16L << 20;
  private static final int FIRST_FAULTS = 10;

  private final IngestionRequest request;
  private final Splitter splitter;
  private final VersionWriter writer;
  private final ReadLimits limits;
  private final int threads;
  private final DigestSet seen = new DigestSet();
  private final Map<Split, Long> splits = new EnumMap<>(Split.class);
  private final Map<String, Long> reasons = new TreeMap<>();
  private final List<QuarantinedRow> firstFaults = new ArrayList<>();
  private final UnusedColumns unusedColumns = new UnusedColumns();
  private final Map<RowNote, Long> notes = new EnumMap<>(RowNote.class);
  private Normaliser normaliser;
  private long read;
  private long accepted;
  private long duplicates;
  private long quarantined;
  private long leftOut;

  IngestionPass(
      IngestionRequest request,
      Splitter splitter,
      VersionWriter writer,
      ReadLimits limits,
      int threads) {
    this.request = request;
    this.splitter = splitter;
    this.writer = writer;
    this.limits = limits;
    this.threads = threads;
  }

  DatasetCounts counts() {
    return new DatasetCounts(read, accepted, duplicates, quarantined, leftOut);
  }

  /** The layout is told from the first rows, which are held until then. */
  void run(RowReader reader) throws IOException {
    List<RawRow> sample = sample(reader);
    List<ObjectNode> readable = readable(sample);
    if (!readable.isEmpty()) {
      normaliser = Normaliser.of(request.rules(), readable);
      RowPreparation preparation =
          new RowPreparation(normaliser, splitter, limits.excerptCharacters());
      for (PreparedRow row : preparation.prepare(List.copyOf(sample))) {
        take(row);
      }
      sample.clear();
      readable.clear();
      try (RowPipeline pipeline = new RowPipeline(preparation, threads)) {
        pipeline.run(reader, this::take);
      }
    }
    if (accepted == 0) {
      throw noUsableRows();
    }
  }

  /**
   * The first rows, with one at least that is readable unless there is none; unreadable ones that
   * are too many to hold are done with at once.
   */
  private List<RawRow> sample(RowReader reader) throws IOException {
    List<RawRow> sample = new ArrayList<>();
    boolean readable = false;
    long weight = 0;
    FoundRow found;
    while ((sample.size() < SAMPLE_ROWS && weight < SAMPLE_WEIGHT || !readable)
        && (found = reader.next()) != null) {
      RawRow row = found.read();
      readable |= row instanceof RawRow.Fields;
      sample.add(row);
      weight += row.weight();
      if (!readable && sample.size() >= SAMPLE_ROWS) {
        putAside(sample);
      }
    }
    if (!readable) {
      putAside(sample);
    }
    return sample;
  }

  private void putAside(List<RawRow> broken) throws IOException {
    for (RawRow row : broken) {
      take(RowPreparation.faulty((RawRow.Broken) row));
    }
    broken.clear();
  }

  private static List<ObjectNode> readable(List<RawRow> rows) {
    List<ObjectNode> readable = new ArrayList<>();
    for (RawRow row : rows) {
      if (row instanceof RawRow.Fields fields) {
        readable.add(fields.fields());
      }
    }
    return readable;
  }

  DatasetVersion store(DatasetFormat format, ArtifactStore store) throws IOException {
    RowRules rules = request.rules();
    DatasetReport report =
        new DatasetReport(
            request.name(),
            format,
            normaliser.layout(),
            counts(),
            splitCounts(),
            reasons,
            unusedColumns.rows(),
            noteCounts(),
            rules.columns().isEmpty() ? null : rules.columns(),
            rules.constants().isEmpty() ? null : rules.constants(),
            request.form().encoding(),
            request.form().separator(),
            rules.keep(),
            firstFaults,
            request.split(),
            rules.strict());
    try {
      Artifact folder = writer.store(report, store);
      ArtifactRef ref = new ArtifactRef(folder.digest(), ArtifactRef.Kind.FOLDER, folder.size());
      return new DatasetVersion(ref, report);
    } catch (IOException e) {
      throw new StorageException("the dataset version cannot be stored", e);
    }
  }

  private Map<String, Long> splitCounts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      counts.put(split.label(), splits.getOrDefault(split, 0L));
    }
    return counts;
  }

  private Map<String, Long> noteCounts() {
    Map<String, Long> counts = new TreeMap<>();
    notes.forEach((note, rows) -> counts.put(note.code(), rows));
    return counts;
  }

  private void take(PreparedRow row) throws IOException {
    read++;
    if (row instanceof PreparedRow.Faulty faulty) {
      quarantine(faulty.line(), faulty.fault(), faulty.raw());
    } else if (row instanceof PreparedRow.LeftOut left) {
      leftOut++;
      notes.merge(left.note(), 1L, Long::sum);
    } else {
      accept((PreparedRow.Usable) row);
    }
  }

  private void accept(PreparedRow.Usable row) throws IOException {
    unusedColumns.count(row.unusedColumns());
    for (RowNote note : row.notes()) {
      notes.merge(note, 1L, Long::sum);
    }
    if (!seen.add(row.high(), row.low())) {
      duplicates++;
      return;
    }
    try {
      writer.write(row.split(), HexFormat.of().toHexDigits(row.high()), row.content());
    } catch (IOException e) {
      throw new StorageException("the work folder cannot be written", e);
    }
    splits.merge(row.split(), 1L, Long::sum);
    accepted++;
  }

  private void quarantine(long line, RowFault fault, String raw) throws IOException {
    quarantined++;
    String reason = fault.reason().code();
    if (request.rules().strict()) {
      throw new DatasetException(
          "bad_row_in_strict_dataset",
          "line "
              + line
              + " ("
              + reason
              + "): "
              + fault.detail()
              + "; correct it, or submit without strict to set bad rows aside");
    }
    reasons.merge(reason, 1L, Long::sum);
    QuarantinedRow row = new QuarantinedRow(line, read, reason, fault.detail(), raw);
    if (firstFaults.size() < FIRST_FAULTS) {
      firstFaults.add(row);
    }
    try {
      writer.quarantine(row);
    } catch (IOException e) {
      throw new StorageException("the work folder cannot be written", e);
    }
  }

  private DatasetException noUsableRows() {
    if (read == 0) {
      return new DatasetException("no_usable_rows", "the dataset has no rows");
    }
    if (quarantined == 0) {
      return new DatasetException(
          "no_usable_rows",
          "all of the " + read + " rows are left out, since keep wants others",
          "keep");
    }
    QuarantinedRow first = firstFaults.get(0);
    return new DatasetException(
        "no_usable_rows",
        "none of the "
            + read
            + " rows can be used ("
            + reasons
            + "); the first fault is in line "
            + first.line()
            + ": "
            + first.detail());
  }
}
