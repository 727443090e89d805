package io.affinage.service.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure in the one error shape; what a service alone can meet, it maps itself. */
final class ErrorMappers {
  private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

  @ServerExceptionMapper
  Response known(ApiException e) {
    return e.answer();
  }

  @ServerExceptionMapper
  Response broker(KafkaException e) {
    LOG.warnf("Kafka: %s", e.getMessage());
    return ErrorBody.answer(
        503, "broker_unavailable", "the message broker does not answer; try again", null);
  }

  /** More special than a mapper of the framework, which would answer without a body. */
  @ServerExceptionMapper
  Response badField(MismatchedInputException e) {
    return badJson(e);
  }

  @ServerExceptionMapper
  Response badJson(JsonProcessingException e) {
    String param = e instanceof JsonMappingException mapping ? path(mapping) : "";
    return param.isEmpty()
        ? ErrorBody.answer(
            400,
            "invalid_json",
            "the body is not the JSON expected: " + e.getOriginalMessage(),
            null)
        : ErrorBody.answer(400, "invalid_field", e.getOriginalMessage(), param);
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(
            part -> part.getFieldName() == null ? "[" + part.getIndex() + "]" : part.getFieldName())
        .collect(Collectors.joining("."));
  }

  @ServerExceptionMapper
  Response http(WebApplicationException e) {
    if (e.getCause() instanceof JsonProcessingException json) {
      return badJson(json);
    }
    int status = e.getResponse().getStatus();
    Response.StatusType known = Response.Status.fromStatusCode(status);
    String reason = known == null ? "status " + status : known.getReasonPhrase();
    return ErrorBody.answer(
        status, reason.toLowerCase(Locale.ROOT).replace(' ', '_'), reason, null);
  }

  @ServerExceptionMapper
  Response unexpected(RuntimeException e) {
    LOG.error("A request failed unexpectedly", e);
    return ErrorBody.answer(
        500,
        "internal_error",
        "the request failed unexpectedly; the service's log tells why",
        null);
  }
}
