package io.affinage.eval.rest;

import io.affinage.eval.serving.ServingException;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What only a service that serves models can meet. */
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
}
