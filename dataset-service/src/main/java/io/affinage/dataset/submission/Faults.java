package io.affinage.dataset.submission;

import io.affinage.artifacts.ArtifactFault;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.artifacts.SourceException;
import io.affinage.artifacts.SourceFault;
import io.affinage.events.ErrorDetail;
import java.io.IOException;
import java.util.Set;

/** Which failures lie with the submission, and which with the machines and may pass. */
final class Faults {
  private static final String STORAGE = "storage_failed";
  private static final String OURS = "internal_error";
  private static final Set<String> PASSING =
      Set.of(
          STORAGE,
          OURS,
          SourceFault.SOURCE_UNREADABLE.code(),
          ArtifactFault.ARTIFACT_STORE_FULL.code(),
          ArtifactFault.ARTIFACT_STORE_READ_ONLY.code(),
          ArtifactFault.ARTIFACT_STORE_DENIED.code(),
          ArtifactFault.ARTIFACT_STORE_UNAVAILABLE.code());

  private Faults() {}

  /** Whether the same submission may succeed later. */
  static boolean mayPass(ErrorDetail error) {
    return PASSING.contains(error.code());
  }

  static ErrorDetail of(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ArtifactStoreException store) {
        return new ErrorDetail(store.code(), withAdvice(store.code(), store.getMessage()), null);
      }
      if (cause instanceof SourceException source) {
        return new ErrorDetail(
            source.code(), withAdvice(source.code(), source.getMessage()), "source");
      }
    }
    return new ErrorDetail(STORAGE, withAdvice(STORAGE, String.valueOf(e.getMessage())), null);
  }

  static ErrorDetail ofOurs(Throwable e) {
    return new ErrorDetail(
        OURS, "the dataset service failed on this dataset (" + e + "); its log tells more", null);
  }

  private static String withAdvice(String code, String message) {
    return PASSING.contains(code) ? message + "; submit again once that is settled" : message;
  }
}
