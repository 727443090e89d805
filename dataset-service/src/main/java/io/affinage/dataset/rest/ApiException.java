package io.affinage.dataset.rest;

import jakarta.ws.rs.core.Response;

/** Ends a request with an error of OpenAI's shape. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final String param;

  ApiException(int status, String code, String message, String param) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  static ApiException invalid(String code, String message, String param) {
    return new ApiException(400, code, message, param);
  }

  static ApiException notFound(String what, String id) {
    return new ApiException(404, what + "_not_found", "no " + what + " has the id " + id, "id");
  }

  Response answer() {
    return ErrorBody.answer(status, code, getMessage(), param);
  }
}
