package io.affinage.eval.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.eval.serving.ServingException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure in the one error shape. */
final class ErrorMappers {

  @ServerExceptionMapper
  Response serving(ServingException e) {
    return ErrorBody.answer(status(e.kind()), e.code(), e.getMessage(), e.param());
  }

  static int status(ServingException.Kind kind) {
    return switch (kind) {
      case INVALID -> 400;
      case NOT_FOUND -> 404;
      case BUSY -> 429;
      case FAILED -> 503;
    };
  }

  @ServerExceptionMapper
  Response badJson(JsonProcessingException e) {
    return ErrorBody.answer(400, "invalid_json", "not JSON: " + e.getOriginalMessage(), null);
  }

  @ServerExceptionMapper
  Response other(WebApplicationException e) {
    if (e.getCause() instanceof JsonProcessingException json) {
      return badJson(json);
    }
    int status = e.getResponse().getStatus();
    Response.StatusType name = Response.Status.fromStatusCode(status);
    String reason = name == null ? "status " + status : name.getReasonPhrase();
    return ErrorBody.answer(
        status, reason.toLowerCase(Locale.ROOT).replace(' ', '_'), reason, null);
  }
}
