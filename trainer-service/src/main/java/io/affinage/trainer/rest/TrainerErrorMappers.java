package io.affinage.trainer.rest;

import io.affinage.service.rest.ErrorBody;
import io.affinage.trainer.job.JobCommands;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What only a service with commands can meet. */
final class TrainerErrorMappers {

  @ServerExceptionMapper
  Response unavailable(JobCommands.UnavailableException e) {
    return ErrorBody.answer(503, "broker_unavailable", e.getMessage(), null);
  }
}
