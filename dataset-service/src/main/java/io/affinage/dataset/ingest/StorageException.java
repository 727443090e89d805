package io.affinage.dataset.ingest;

import java.io.IOException;

/**
 * The work folder or the artifact store failed: the dataset may be fine, and trying again later can
 * work.
 */
public final class StorageException extends IOException {
  private static final long serialVersionUID = 1L;

  public StorageException(String message, IOException cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
