package io.affinage.artifacts;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Tells a full disk from a read-only one. Java reports both as a bare {@link IOException} with the
 * operating system's text, so the text is all there is to go by; unknown texts are "unavailable".
 */
final class StoreFailure {
  private StoreFailure() {}

  static ArtifactStoreException writing(Path store, IOException cause) {
    if (cause instanceof ArtifactStoreException known) {
      return known;
    }
    String reason = reason(cause);
    if (reason.contains("no space left")
        || reason.contains("not enough space")
        || reason.contains("quota exceeded")
        || reason.contains("file too large")) {
      return new ArtifactStoreException(
          ArtifactFault.ARTIFACT_STORE_FULL,
          "the artifact store at " + store + " is full; free or add space and try again",
          cause);
    }
    if (cause instanceof AccessDeniedException
        || reason.contains("read-only file system")
        || reason.contains("permission denied")) {
      return new ArtifactStoreException(
          ArtifactFault.ARTIFACT_STORE_READ_ONLY,
          "the artifact store at " + store + " cannot be written: " + cause.getMessage(),
          cause);
    }
    return unavailable(store, cause);
  }

  static ArtifactStoreException reading(Path store, IOException cause) {
    if (cause instanceof ArtifactStoreException known) {
      return known;
    }
    if (cause instanceof AccessDeniedException) {
      return new ArtifactStoreException(
          ArtifactFault.ARTIFACT_STORE_DENIED,
          "the artifact store at " + store + " cannot be read: " + cause.getMessage(),
          cause);
    }
    return unavailable(store, cause);
  }

  private static ArtifactStoreException unavailable(Path store, IOException cause) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_STORE_UNAVAILABLE,
        "the artifact store at " + store + " failed: " + cause,
        cause);
  }

  private static String reason(IOException cause) {
    String text =
        cause instanceof FileSystemException file && file.getReason() != null
            ? file.getReason()
            : cause.getMessage();
    return text == null ? "" : text.toLowerCase(Locale.ROOT);
  }
}
