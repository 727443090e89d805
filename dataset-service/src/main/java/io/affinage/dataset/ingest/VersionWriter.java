package io.affinage.dataset.ingest;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes the files of a dataset version into a folder of its own, which is gone after closing. */
final class VersionWriter implements Closeable {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  private static final ObjectWriter QUARANTINED = JSON.writerFor(QuarantinedRow.class);

  private final Path folder;
  private final Map<Split, OutputStream> splits = new EnumMap<>(Split.class);
  private final OutputStream quarantine;

  VersionWriter(Path workFolder) throws IOException {
    Files.createDirectories(workFolder);
    this.folder = Files.createTempDirectory(workFolder, "ingest-");
    for (Split split : Split.values()) {
      splits.put(split, open(split.file()));
    }
    this.quarantine = open("quarantine.jsonl");
  }

  /**
   * @param content as {@link RowText} gave it; the id becomes its first field
   */
  void write(Split split, String id, byte[] content) throws IOException {
    OutputStream out = splits.get(split);
    out.write(("{\"id\":\"" + id + "\",").getBytes(StandardCharsets.US_ASCII));
    out.write(content, 1, content.length - 1);
    out.write('\n');
  }

  void quarantine(QuarantinedRow row) throws IOException {
    quarantine.write(QUARANTINED.writeValueAsBytes(row));
    quarantine.write('\n');
  }

  Artifact store(DatasetReport report, ArtifactStore store) throws IOException {
    closeFiles();
    Files.write(
        folder.resolve("dataset.json"),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
    return store.putFolder(folder);
  }

  @Override
  public void close() throws IOException {
    try {
      closeFiles();
    } finally {
      delete();
    }
  }

  private OutputStream open(String name) throws IOException {
    return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 16);
  }

  private void closeFiles() throws IOException {
    for (OutputStream out : splits.values()) {
      out.close();
    }
    quarantine.close();
  }

  private void delete() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
