package io.affinage.bench;

/** A benchmark cannot be run; the message says what is missing and what to do. */
public final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BenchException(String message) {
    super(message);
  }
}
