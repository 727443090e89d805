package io.affinage.service.http;

import io.affinage.service.rest.ErrorBody;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** A caller whom a resource does not let in, in the one error shape. */
final class RoleMappers {
  private final Refusals refusals;

  RoleMappers(Refusals refusals) {
    this.refusals = refusals;
  }

  @ServerExceptionMapper
  Response forbidden(ForbiddenException e) {
    return answer(Refusal.ROLE);
  }

  @ServerExceptionMapper
  Response unauthorized(UnauthorizedException e) {
    return answer(Refusal.NO_KEY);
  }

  private Response answer(Refusal refusal) {
    refusals.count(refusal);
    return ErrorBody.answer(refusal.status(), refusal.code(), refusal.message(), null);
  }
}
