package io.affinage.trainer.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.trainer.job.JobCommands;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every error leaves in OpenAI's shape. */
final class ErrorMappers {
  private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

  @ServerExceptionMapper
  Response refused(ApiException e) {
    return answer(e);
  }

  @ServerExceptionMapper
  Response unreadable(JsonProcessingException e) {
    return answer(
        ApiException.badRequest(
            "invalid_json", "The body is not JSON: " + e.getOriginalMessage(), null));
  }

  @ServerExceptionMapper
  Response unavailable(JobCommands.UnavailableException e) {
    return answer(new ApiException(503, "kafka_unavailable", e.getMessage(), null));
  }

  @ServerExceptionMapper
  Response web(WebApplicationException e) {
    int status = e.getResponse().getStatus();
    return answer(new ApiException(status, "http_" + status, String.valueOf(e.getMessage()), null));
  }

  @ServerExceptionMapper
  Response unexpected(RuntimeException e) {
    LOG.error("A request failed unexpectedly", e);
    return answer(
        new ApiException(
            500,
            "internal_error",
            "The request failed unexpectedly; see the service's log.",
            null));
  }

  private static Response answer(ApiException e) {
    return Response.status(e.status())
        .type(MediaType.APPLICATION_JSON_TYPE)
        .entity(e.body())
        .build();
  }
}
