package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * A file was uploaded and lies in the artifact store. Type {@code io.affinage.file.uploaded.v1};
 * topic compacted by file; a tombstone deletes the file.
 *
 * @param fileId deterministic: {@code file-} and a hash of content and name; also the {@link
 *     DatasetSubmitted#submissionId()} of its ingestion
 * @param filename as the client named it, without folders
 * @param purpose OpenAI's {@code fine-tune}
 * @param createdAt seconds since 1970
 * @param expiresAt seconds since 1970; from then on the file and its dataset are gone; null for
 *     never
 */
public record FileUploaded(
    String fileId,
    String filename,
    @Nullable String purpose,
    ArtifactRef artifact,
    long createdAt,
    @Nullable Long expiresAt)
    implements EventData {

  /** A file that stays. */
  public FileUploaded(
      String fileId,
      String filename,
      @Nullable String purpose,
      ArtifactRef artifact,
      long createdAt) {
    this(fileId, filename, purpose, artifact, createdAt, null);
  }

  @Override
  public String key() {
    return fileId;
  }
}
