package io.affinage.dataset.rest;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStoreException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure in the one error shape. */
final class ErrorMappers {
  private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

  @ServerExceptionMapper
  Response known(ApiException e) {
    return e.answer();
  }

  @ServerExceptionMapper
  Response store(ArtifactStoreException e) {
    LOG.warnf("Artifact store: %s", e.getMessage());
    int status = e instanceof ArtifactNotFoundException ? 410 : 503;
    return ErrorBody.answer(status, e.code(), e.getMessage(), null);
  }

  @ServerExceptionMapper
  Response broker(KafkaException e) {
    LOG.warnf("Kafka: %s", e.getMessage());
    return ErrorBody.answer(
        503, "broker_unavailable", "the message broker does not answer; try again", null);
  }

  @ServerExceptionMapper
  Response http(WebApplicationException e) {
    int status = e.getResponse().getStatus();
    Response.Status known = Response.Status.fromStatusCode(status);
    String reason = known == null ? "status " + status : known.getReasonPhrase();
    return ErrorBody.answer(
        status, reason.toLowerCase(Locale.ROOT).replace(' ', '_'), reason, null);
  }
}
