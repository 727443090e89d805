package io.affinage.reward.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Bad JSON told apart from a bad field, both in the one error shape. */
final class JsonErrors {

  @ServerExceptionMapper
  Response badField(MismatchedInputException e) {
    return answer(e);
  }

  @ServerExceptionMapper
  Response badJson(WebApplicationException e) {
    if (e.getCause() instanceof JsonProcessingException json) {
      return answer(json);
    }
    int status = e.getResponse().getStatus();
    Response.StatusType name = Response.Status.fromStatusCode(status);
    String reason = name == null ? "status " + status : name.getReasonPhrase();
    return ErrorBody.answer(
        status, reason.toLowerCase(java.util.Locale.ROOT).replace(' ', '_'), reason, null);
  }

  private static Response answer(JsonProcessingException e) {
    String param =
        e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
            ? mapping.getPath().stream()
                .map(
                    part ->
                        part.getFieldName() == null
                            ? "[" + part.getIndex() + "]"
                            : part.getFieldName())
                .collect(Collectors.joining("."))
            : null;
    return ErrorBody.answer(
        400, param == null ? "invalid_json" : "invalid_field", e.getOriginalMessage(), param);
  }
}
