package io.affinage.service.rest;

import jakarta.ws.rs.core.Response;

/** Ends a request with an error of OpenAI's shape. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final String param;

  /**
   * @param code stable and snake case
   * @param param the field at fault, or null
   */
  public ApiException(int status, String code, String message, String param) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  /** The request cannot be answered as it is: status 400. */
  public static ApiException invalid(String code, String message, String param) {
    return new ApiException(400, code, message, param);
  }

  /** There is no such thing: status 404. */
  public static ApiException notFound(String what, String id) {
    return new ApiException(404, what + "_not_found", "no " + what + " has the id " + id, "id");
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The error as it is sent. */
  public ErrorBody.Detail detail() {
    return ((ErrorBody) answer().getEntity()).error();
  }

  Response answer() {
    return ErrorBody.answer(status, code, getMessage(), param);
  }
}
