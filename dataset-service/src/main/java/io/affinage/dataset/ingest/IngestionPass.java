package io.affinage.dataset.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.layout.Normalised;
import io.affinage.dataset.layout.Normaliser;
import io.affinage.dataset.layout.PromptKey;
import io.affinage.dataset.reading.RawRow;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.dataset.reading.RowFault;
import io.affinage.dataset.reading.RowReader;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetFormat;
import io.affinage.events.NormalRow;
import java.io.IOException;
import java.nio.ByteBuffer;
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
  private static final long SAMPLE_CHARACTERS = 16L << 20;
  private static final int FIRST_FAULTS = 10;

  private final IngestionRequest request;
  private final Splitter splitter;
  private final VersionWriter writer;
  private final ReadLimits limits;
  private final Sha256 sha256 = new Sha256();
  private final DigestSet seen = new DigestSet();
  private final Map<Split, Long> splits = new EnumMap<>(Split.class);
  private final Map<String, Long> reasons = new TreeMap<>();
  private final List<QuarantinedRow> firstFaults = new ArrayList<>();
  private Normaliser normaliser;
  private long read;
  private long accepted;
  private long duplicates;
  private long quarantined;

  IngestionPass(
      IngestionRequest request, Splitter splitter, VersionWriter writer, ReadLimits limits) {
    this.request = request;
    this.splitter = splitter;
    this.writer = writer;
    this.limits = limits;
  }

  DatasetCounts counts() {
    return new DatasetCounts(read, accepted, duplicates, quarantined);
  }

  /** The layout is told from the first rows, which are held until then. */
  void run(RowReader reader) throws IOException {
    List<RawRow> sample = new ArrayList<>();
    List<ObjectNode> readable = new ArrayList<>();
    long characters = 0;
    RawRow row = null;
    while (sample.size() < SAMPLE_ROWS
        && characters < SAMPLE_CHARACTERS
        && (row = reader.next()) != null) {
      sample.add(row);
      if (row instanceof RawRow.Fields fields) {
        readable.add(fields.fields());
        characters += characters(fields.fields());
      }
    }
    if (!readable.isEmpty()) {
      normaliser = Normaliser.of(request.layout(), request.columns(), readable);
    }
    for (RawRow held : sample) {
      take(held);
    }
    sample.clear();
    readable.clear();
    while ((row = reader.next()) != null) {
      if (normaliser == null && row instanceof RawRow.Fields fields) {
        normaliser = Normaliser.of(request.layout(), request.columns(), List.of(fields.fields()));
      }
      take(row);
    }
    if (accepted == 0) {
      throw noUsableRows();
    }
  }

  DatasetVersion store(DatasetFormat format, ArtifactStore store) throws IOException {
    DatasetReport report =
        new DatasetReport(
            request.name(),
            format,
            normaliser.layout(),
            counts(),
            splitCounts(),
            reasons,
            normaliser.unusedColumns(),
            request.columns().isEmpty() ? null : request.columns(),
            firstFaults,
            request.split(),
            request.strict());
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

  private void take(RawRow row) throws IOException {
    read++;
    if (row instanceof RawRow.Broken broken) {
      quarantine(row.line(), broken.fault(), broken.raw());
      return;
    }
    ObjectNode fields = ((RawRow.Fields) row).fields();
    Normalised normalised = normaliser.normalise(fields);
    if (normalised instanceof Normalised.Bad bad) {
      quarantine(row.line(), bad.fault(), excerpt(fields));
    } else {
      accept(((Normalised.Good) normalised).row());
    }
  }

  private void accept(NormalRow row) throws IOException {
    byte[] content = VersionWriter.content(row);
    ByteBuffer hash = sha256.of(content);
    long high = hash.getLong();
    if (!seen.add(high, hash.getLong())) {
      duplicates++;
      return;
    }
    Split split = splitter.of(PromptKey.of(row));
    try {
      writer.write(split, HexFormat.of().toHexDigits(high), content);
    } catch (IOException e) {
      throw new StorageException("the work folder cannot be written", e);
    }
    splits.merge(split, 1L, Long::sum);
    accepted++;
  }

  private void quarantine(long line, RowFault fault, String raw) throws IOException {
    quarantined++;
    String reason = fault.reason().code();
    if (request.strict()) {
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

  private String excerpt(JsonNode fields) {
    String text = fields.toString();
    int limit = limits.excerptCharacters();
    int cut = Math.min(text.length(), limit);
    if (cut > 0 && cut < text.length() && Character.isHighSurrogate(text.charAt(cut - 1))) {
      cut--;
    }
    return wellFormed(text.substring(0, cut));
  }

  private static String wellFormed(String text) {
    // Encoding puts '?' for half a surrogate pair, which a bad row may hold.
    return new String(
        text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  private static long characters(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue().length();
    }
    long sum = 16;
    for (JsonNode child : node) {
      sum += characters(child);
    }
    return sum;
  }
}
