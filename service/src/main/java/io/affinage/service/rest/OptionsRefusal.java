package io.affinage.service.rest;

import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses {@code OPTIONS}: the framework would answer with the methods of all paths of a resource,
 * and no page of another origin is let in.
 */
final class OptionsRefusal {

  @ServerRequestFilter(preMatching = true)
  Response refuse(ContainerRequestContext request) {
    return request.getMethod().equals(HttpMethod.OPTIONS)
        ? ErrorBody.answer(
            405, "method_not_allowed", "OPTIONS is not answered; see GET /q/openapi", null)
        : null;
  }
}
