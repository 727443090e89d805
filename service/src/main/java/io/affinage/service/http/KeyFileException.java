package io.affinage.service.http;

/** A file of keys that cannot be used. Its message shows no key. */
final class KeyFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  KeyFileException(String code, String message) {
    super(message);
    this.code = code;
  }

  String code() {
    return code;
  }
}
