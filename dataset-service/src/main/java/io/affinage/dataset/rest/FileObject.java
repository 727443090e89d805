package io.affinage.dataset.rest;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.dataset.catalog.DatasetEntry;
import io.affinage.events.FileUploaded;
import java.util.Optional;

/**
 * OpenAI's file object.
 *
 * @param status {@code uploaded} until its ingestion ended, then {@code processed} or {@code error}
 * @param expiresAt seconds since 1970 from which on the file is gone; null for never
 * @param statusDetails why its ingestion failed; null otherwise
 */
public record FileObject(
    String id,
    String object,
    long bytes,
    @JsonProperty("created_at") long createdAt,
    String filename,
    String purpose,
    String status,
    @JsonProperty("expires_at") Long expiresAt,
    @JsonProperty("status_details") String statusDetails) {

  static FileObject of(FileUploaded file, Optional<DatasetEntry> dataset) {
    String status = "uploaded";
    String details = null;
    if (dataset.isPresent()) {
      if (dataset.get() instanceof DatasetEntry.Rejected rejected) {
        status = "error";
        details = rejected.data().error().code() + ": " + rejected.data().error().message();
      } else {
        status = "processed";
      }
    }
    return new FileObject(
        file.fileId(),
        "file",
        file.artifact().size(),
        file.createdAt(),
        file.filename(),
        file.purpose(),
        status,
        file.expiresAt(),
        details);
  }

  /** The answer to a deletion. */
  public record Deleted(String id, String object, boolean deleted) {}
}
