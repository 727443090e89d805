package io.affinage.dataset.rest;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStoreException;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What only a service with an artifact store can meet. */
final class DatasetErrorMappers {
  private static final Logger LOG = Logger.getLogger(DatasetErrorMappers.class);

  @ServerExceptionMapper
  Response store(ArtifactStoreException e) {
    LOG.warnf("Artifact store: %s", e.getMessage());
    int status = e instanceof ArtifactNotFoundException ? 410 : 503;
    return ErrorBody.answer(status, e.code(), e.getMessage(), null);
  }
}
