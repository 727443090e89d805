package io.affinage.eval.rest;

import io.affinage.eval.serving.ServingException;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What only a service that serves models can meet. */
final class ServingErrorMappers {
  /** About as long as an answer takes; clients double it when they are refused again. */
  private static final int RETRY_SECONDS = 2;

  @ServerExceptionMapper
  Response serving(ServingException e) {
    Response answer = ErrorBody.answer(status(e.kind()), e.code(), e.getMessage(), e.param());
    return e.kind() == ServingException.Kind.BUSY
        ? Response.fromResponse(answer).header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS).build()
        : answer;
  }

  static int status(ServingException.Kind kind) {
    return switch (kind) {
      case INVALID -> 400;
      case NOT_FOUND -> 404;
      case BUSY -> 429;
      case FAILED -> 503;
    };
  }
}
