package io.affinage.dataset.submission;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.artifacts.SourceException;
import io.affinage.artifacts.SourceFault;
import io.affinage.dataset.ingest.StorageException;
import io.affinage.events.ErrorDetail;
import java.io.IOException;
import java.util.Set;

/** Which failures lie with the submission, and which with the machines and may pass. */
final class Faults {
  private static final String STORAGE = "storage_failed";

  /** Given up after several tries; another version may do better. */
  private static final Set<String> OURS =
      Set.of("internal_error", "work_failed", "service_died", "answer_unwritable");

  /** The store and the work folder: these come back, or somebody brings them back. */
  private static final Set<String> OF_THE_STORE =
      Set.of(
          STORAGE,
          ArtifactFault.ARTIFACT_STORE_FULL.code(),
          ArtifactFault.ARTIFACT_STORE_READ_ONLY.code(),
          ArtifactFault.ARTIFACT_STORE_DENIED.code(),
          ArtifactFault.ARTIFACT_STORE_UNAVAILABLE.code());

  private static final String SOURCE = SourceFault.SOURCE_UNREADABLE.code();

  private Faults() {}

  /** Whether the same submission may succeed later. */
  static boolean mayPass(ErrorDetail error) {
    return isOfTheStore(error) || isOfTheSource(error) || OURS.contains(error.code());
  }

  /** Whether the submission is not at fault, so that it waits instead of being refused. */
  static boolean isOfTheStore(ErrorDetail error) {
    return OF_THE_STORE.contains(error.code());
  }

  /** Whether the source failed, which a few more tries may mend. */
  static boolean isOfTheSource(ErrorDetail error) {
    return SOURCE.equals(error.code());
  }

  /** What is neither of the store nor of the work folder was met while the source was read. */
  static ErrorDetail of(IOException e) {
    boolean storage = false;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ArtifactStoreException store) {
        return new ErrorDetail(store.code(), store.getMessage(), null);
      }
      if (cause instanceof SourceException source) {
        return new ErrorDetail(
            source.code(), withAdvice(source.code(), source.getMessage()), "source");
      }
      storage |= cause instanceof StorageException;
    }
    String message = String.valueOf(e.getMessage());
    return storage
        ? new ErrorDetail(STORAGE, message, null)
        : new ErrorDetail(SOURCE, withAdvice(SOURCE, message), "source");
  }

  private static String withAdvice(String code, String message) {
    return SOURCE.equals(code) ? message + "; submit again once that is settled" : message;
  }
}
