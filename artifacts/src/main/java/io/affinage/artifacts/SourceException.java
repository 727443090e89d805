package io.affinage.artifacts;

import java.io.IOException;

/** A producer's file could not be read; the message names it and says what to do. */
public final class SourceException extends IOException {
  private final SourceFault fault;

  public SourceException(SourceFault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  public SourceFault fault() {
    return fault;
  }

  /** The stable code, for example {@code source_not_found}. */
  public String code() {
    return fault.code();
  }
}
