package io.affinage.trainer.rest;

/** The body of every answer that is an error, in OpenAI's shape. */
public record ErrorBody(Error error) {

  /**
   * @param type {@code invalid_request_error} or {@code server_error}
   * @param param the field at fault, or null
   * @param code stable, snake case
   */
  public record Error(String message, String type, String param, String code) {}
}
