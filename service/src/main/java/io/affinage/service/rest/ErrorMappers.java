package io.affinage.service.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure in the one error shape; what a service alone can meet, it maps itself. */
final class ErrorMappers {
  private static final Logger LOG = Logger.getLogger(ErrorMappers.class);
  private static final String FORMS = "org.jboss.resteasy.reactive.server.core.multipart.";

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

  /** Bytes that are in no encoding of JSON's. */
  @ServerExceptionMapper
  Response badEncoding(CharConversionException e) {
    return ErrorBody.answer(
        400, "invalid_json", "the body is not the JSON expected: it is not in UTF-8", null);
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(
            part -> part.getFieldName() == null ? "[" + part.getIndex() + "]" : part.getFieldName())
        .collect(Collectors.joining("."));
  }

  @ServerExceptionMapper
  Response http(WebApplicationException e, Request request, UriInfo uri) {
    if (e.getCause() instanceof JsonProcessingException json) {
      return badJson(json);
    }
    int status = e.getResponse().getStatus();
    if (status == 404) {
      return ErrorBody.answer(
          404,
          "unknown_url",
          "Unknown request URL: %s %s; GET /q/openapi lists what there is"
              .formatted(request.getMethod(), uri.getPath()),
          null);
    }
    Response.StatusType known = Response.Status.fromStatusCode(status);
    String reason = known == null ? "status " + status : known.getReasonPhrase();
    return ErrorBody.answer(
        status, reason.toLowerCase(Locale.ROOT).replace(' ', '_'), reason, null);
  }

  /** More special than the framework's answer to a body that ends too early. */
  @ServerExceptionMapper
  Response failed(IOException e) {
    return unexpected(new UncheckedIOException(e));
  }

  /** The framework's reader of forms has no exception of its own for a form that is none. */
  private static boolean isBadForm(Throwable e) {
    Throwable thrown = e.getCause() == null ? e : e.getCause();
    return Arrays.stream(thrown.getStackTrace())
        .map(StackTraceElement::getClassName)
        .takeWhile(name -> !name.startsWith("io.affinage."))
        .anyMatch(name -> name.startsWith(FORMS));
  }

  @ServerExceptionMapper
  Response unexpected(RuntimeException e) {
    if (isBadForm(e)) {
      return ErrorBody.answer(
          400, "invalid_form", "the body is not the form expected: " + e.getMessage(), null);
    }
    LOG.error("A request failed unexpectedly", e);
    return ErrorBody.answer(
        500,
        "internal_error",
        "the request failed unexpectedly; the service's log tells why",
        null);
  }
}
