package io.affinage.dataset.submission;

import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.artifacts.SourceException;
import io.affinage.artifacts.SourceFault;
import io.affinage.dataset.ingest.StorageException;
import io.affinage.events.ErrorDetail;
import io.affinage.events.ErrorKind;
import java.io.IOException;

/** Which failures lie with the submission, and which with the machines and may pass. */
final class Faults {
  private static final String STORAGE = "storage_failed";

  private static final String SOURCE = SourceFault.SOURCE_UNREADABLE.code();

  private Faults() {}

  /** Whether the same submission may succeed later. */
  static boolean mayPass(ErrorDetail error) {
    return error.kind() != ErrorKind.USER;
  }

  /** Whether the submission is not at fault, so that it waits instead of being refused. */
  static boolean isOfTheStore(ErrorDetail error) {
    return error.kind() == ErrorKind.PASSING && !isOfTheSource(error);
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
