package io.affinage.artifacts;

import java.util.Locale;

/** Why a producer's file could not be read; the code is stable. */
public enum SourceFault {
  /** Neither {@code file:} nor {@code s3://bucket/key}. */
  SOURCE_URI_INVALID,
  /** Outside of what this service may read. */
  SOURCE_NOT_ALLOWED,
  /** Nothing is there. */
  SOURCE_NOT_FOUND,
  /** It is there but cannot be read, or its service cannot be reached. */
  SOURCE_UNREADABLE;

  /** For example {@code source_not_found}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
