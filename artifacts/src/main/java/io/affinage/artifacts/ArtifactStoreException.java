package io.affinage.artifacts;

import java.io.IOException;

/** The store refused or failed; the message says what, where and what to do. */
public sealed class ArtifactStoreException extends IOException permits ArtifactNotFoundException {
  private final ArtifactFault fault;

  public ArtifactStoreException(ArtifactFault fault, String message) {
    super(message);
    this.fault = fault;
  }

  public ArtifactStoreException(ArtifactFault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  public ArtifactFault fault() {
    return fault;
  }

  /** The stable code, for example {@code artifact_store_full}. */
  public String code() {
    return fault.code();
  }
}
