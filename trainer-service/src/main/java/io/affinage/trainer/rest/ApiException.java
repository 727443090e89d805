package io.affinage.trainer.rest;

/** A request that is refused, as OpenAI's API words it. */
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

  static ApiException badRequest(String code, String message, String param) {
    return new ApiException(400, code, message, param);
  }

  static ApiException notFound(String jobId) {
    return new ApiException(
        404,
        "fine_tune_not_found",
        "Could not find fine-tuning job: " + jobId,
        "fine_tuning_job_id");
  }

  int status() {
    return status;
  }

  ErrorBody body() {
    String type = status >= 500 ? "server_error" : "invalid_request_error";
    return new ErrorBody(new ErrorBody.Error(getMessage(), type, param, code));
  }
}
