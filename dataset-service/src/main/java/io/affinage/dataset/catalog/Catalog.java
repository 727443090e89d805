package io.affinage.dataset.catalog;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.EventData;
import io.affinage.events.FileUploaded;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files and datasets there are. A ready dataset stands above an earlier rejection; a file that
 * has expired is there no more, nor is its dataset.
 */
public final class Catalog {
  private final InstantSource clock;
  private final Map<String, FileUploaded> files = new ConcurrentHashMap<>();
  private final Map<String, DatasetEntry.Ready> ready = new ConcurrentHashMap<>();
  private final Map<String, DatasetEntry.Rejected> rejected = new ConcurrentHashMap<>();

  /**
   * @param clock tells which files have expired
   */
  public Catalog(InstantSource clock) {
    this.clock = clock;
  }

  /** Takes in what an event says; other events than those of files and datasets say nothing. */
  public void apply(EventData data, Instant at) {
    if (data instanceof FileUploaded file) {
      files.put(file.fileId(), file);
    } else if (data instanceof DatasetReady done) {
      ready.put(done.submissionId(), new DatasetEntry.Ready(done, at));
    } else if (data instanceof DatasetRejected refused) {
      rejected.put(refused.submissionId(), new DatasetEntry.Rejected(refused, at));
    }
  }

  /** Takes in a tombstone. */
  public void remove(Topic topic, String key) {
    if (topic.equals(Topics.FILE_UPLOADED)) {
      files.remove(key);
    } else if (topic.equals(Topics.DATASET_READY)) {
      ready.remove(key);
    } else if (topic.equals(Topics.DATASET_REJECTED)) {
      rejected.remove(key);
    }
  }

  public Optional<FileUploaded> file(String id) {
    return Optional.ofNullable(files.get(id)).filter(file -> !expired(file));
  }

  /** The newest first. */
  public List<FileUploaded> files() {
    return files.values().stream()
        .filter(file -> !expired(file))
        .sorted(
            Comparator.comparingLong(FileUploaded::createdAt)
                .reversed()
                .thenComparing(FileUploaded::fileId))
        .toList();
  }

  /** Files that have expired and are not deleted yet. */
  public List<FileUploaded> expiredFiles() {
    return files.values().stream().filter(this::expired).toList();
  }

  private boolean expired(FileUploaded file) {
    return file != null
        && file.expiresAt() != null
        && file.expiresAt() <= clock.instant().getEpochSecond();
  }

  /** How the submission ended; empty while it has not. */
  public Optional<DatasetEntry> dataset(String id) {
    if (expired(files.get(id))) {
      return Optional.empty();
    }
    DatasetEntry.Ready done = ready.get(id);
    return Optional.ofNullable(done != null ? done : rejected.get(id));
  }

  /** The newest first. */
  public List<DatasetEntry> datasets() {
    List<DatasetEntry> all = new java.util.ArrayList<>(ready.values());
    rejected.values().stream().filter(entry -> !ready.containsKey(entry.id())).forEach(all::add);
    all.removeIf(entry -> expired(files.get(entry.id())));
    all.sort(Comparator.comparing(DatasetEntry::at).reversed().thenComparing(DatasetEntry::id));
    return all;
  }
}
